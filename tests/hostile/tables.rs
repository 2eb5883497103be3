//! Tables that are changed, sorted, cleared and collected while somebody goes through them, and keys
//! that should collide.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    // Comparators that do not order.
    for (name, comparator) in [
        ("always true", "function() return true end"),
        ("at random", "function() return math.random() < 0.5 end"),
        ("by turns", "(function() local b = false return function() b = not b return b end end)()"),
        ("less or equal", "function(a, b) return a <= b end"),
        ("unlike itself", "function(a, b) return a ~= b end"),
        ("of nils", "function(a, b) return a == nil or b == nil or a < b end"),
    ] {
        topic.whatever(format!("sort {name}"), format!(
            "local t = {{}} for i = 1, 5000 do t[i] = i * 7919 % 5003 end table.sort(t, {comparator}) return #t"
        )).fuel = 20_000_000;
    }
    topic.fails(
        "sort with an error",
        "table.sort({ 3, 2, 1 }, function() error('no', 0) end)",
        "no",
    );
    topic.fails("sort of mixed types", "table.sort({ 3, 'x', {} })", "attempt to compare");
    topic.fails("sort of a hole", "table.sort({ 3, nil, 1, nil, 5, 6 })", "attempt to compare");
    topic.endless("sort by a loop", "table.sort({ 3, 2, 1 }, function() while true do end end)");
    topic.fails(
        "sort that is too long",
        "table.sort(setmetatable({}, { __len = function() return math.maxinteger end }))",
        "array too big",
    );
    topic.returns("sort that yields",
        "local f = coroutine.wrap(function() local t = { 3, 1, 2 } table.sort(t, function(a, b) coroutine.yield() return a < b end) \
        return table.concat(t) end) local r repeat r = f() until r return r", "123");
    for (name, change) in [
        ("clears it", "for k in pairs(t) do t[k] = nil end"),
        ("makes it grow", "for i = 1, 100 do t[#t + 1] = i end"),
        (
            "sorts it",
            "if not inside then inside = true table.sort(t, function(a, b) return a < b end) end",
        ),
        ("fills it with others", "t[1] = t[#t]"),
        ("collects", "collectgarbage()"),
        (
            "gives it a metatable",
            "setmetatable(t, { __index = function() return 1 end, __newindex = function() end })",
        ),
    ] {
        topic
            .whatever(
                format!("a comparator that {name}"),
                format!(
                    "local t, inside = {{}} for i = 1, 200 do t[i] = i * 7919 % 211 end \
            table.sort(t, function(a, b) {change} return (a or 0) < (b or 0) end) return 1"
                ),
            )
            .fuel = 20_000_000;
    }
    // Traversal.
    topic.returns("clearing while traversing",
        "local t = {} for i = 1, 10000 do t['k' .. i] = i end local n = 0 \
        for k in pairs(t) do t[k] = nil n = n + 1 if n % 100 == 0 then collectgarbage() end end return n", "10000").fuel = 100_000_000;
    topic.whatever("growing while traversing",
        "local t = { a = 1 } for k in pairs(t) do t[#t + 1] = k t['x' .. #t] = 1 if #t > 1000 then break end end");
    topic.whatever(
        "growing without end while traversing",
        "local t = { 1 } for k in pairs(t) do t[#t + 1] = 1 t[{}] = 1 end",
    );
    topic.fails("next of a key that is not there", "return next({}, 'x')", "invalid key to 'next'");
    topic.fails("next of NaN", "return next({}, 0/0)", "");
    topic.fails("next of a float", "return next({ 1, 2, 3 }, 1.5)", "invalid key to 'next'");
    topic.returns("next of a cleared key",
        "local t = { a = 1, b = 2, c = 3 } local k = next(t) t[k] = nil collectgarbage() return (next(t, k)) ~= nil", "true");
    topic
        .returns(
            "weak values while traversing",
            "local t = setmetatable({}, { __mode = 'v' }) for i = 1, 1000 do t[i] = {} end \
        for k, v in pairs(t) do collectgarbage() if k > 5 then break end end return 1",
            "1",
        )
        .fuel = 20_000_000;
    topic.returns("weak keys while traversing",
        "local t = setmetatable({}, { __mode = 'k' }) for i = 1, 1000 do t[{}] = i end \
        local n = 0 for k, v in pairs(t) do n = n + 1 collectgarbage() if n > 20 then break end end return 'done'", "done").fuel = 20_000_000;
    topic.returns("weak both while clearing",
        "local t = setmetatable({}, { __mode = 'kv' }) for i = 1, 1000 do t[{}] = {} t[i] = {} t['s' .. i] = {} end \
        for k in next, t do t[k] = nil collectgarbage('step') end return next(t)", "nil").fuel = 20_000_000;
    topic.returns("a weak table that is resurrected",
        "local t = setmetatable({}, { __mode = 'v' }) local kept setmetatable({}, { __gc = function(o) kept = o t[1] = o end }) \
        collectgarbage() collectgarbage() return t[1] == kept", "true");
    topic.returns("the mode that changes",
        "local t = setmetatable({}, { __mode = 'k' }) for i = 1, 100 do t[{}] = {} end getmetatable(t).__mode = 'v' collectgarbage() \
        getmetatable(t).__mode = nil collectgarbage() return next(t)", "nil");
    for (name, key) in
        [("a list", "i"), ("a table", "-i"), ("a mixed table", "i % 2 == 0 and i or -i")]
    {
        for (how, work) in [("next", "next(t)"), ("pairs", "for k in pairs(t) do end")] {
            let case = topic.endless(format!("{how} of {name} that was cleared"), format!(
                "local t = {{}} for i = 1, 1 << 20 do t[{key}] = i end for i = 1, 1 << 20 do t[{key}] = nil end while true do {work} end"
            ));
            (case.memory, case.fuel) = (256 << 20, 60_000_000);
        }
    }
    topic.returns(
        "what is behind a hole",
        "local t = { x = 'x' } for i = 1, 100000 do t[i] = i end for i = 2, 99999 do t[i] = nil end \
        local r = {} for k, v in pairs(t) do r[#r + 1] = v end return table.concat(r, ' ') .. ' ' .. next(t, 1)",
        "1 100000 x 100000",
    );
    // Keys that would collide in a naive hash.
    for (name, key) in [
        ("powers of two", "1 << (i % 63)"),
        ("multiples of 2^32", "i << 32"),
        ("multiples of 2^20", "i << 20"),
        ("floats", "i * 2.0 ^ 40 + 0.5"),
        ("great floats", "i * 1e300"),
        ("tiny floats", "i * 1e-310"),
        ("negative integers", "-i << 16"),
        ("strings with one end", "i .. ('x'):rep(39)"),
        ("strings with one beginning", "('x'):rep(35) .. i"),
        ("long strings alike in the middle", "('x'):rep(100) .. i .. ('x'):rep(100)"),
        ("integers and floats", "i % 2 == 0 and i * 4096 or i * 4096 + 0.25"),
    ] {
        topic.returns(format!("flooding by {name}"), format!(
            "local t = {{}} for i = 1, 20000 do t[{key}] = i end local n = 0 for k, v in pairs(t) do n = n + 1 end return n > 0"
        ), "true").fuel = 20_000_000;
    }
    topic.fails("NaN as a key", "local t = {} t[0/0] = 1", "index is NaN");
    topic.fails("nil as a key", "local t = {} t[nil] = 1", "index is nil");
    topic.returns("NaN read", "local t = {} return t[0/0], t[nil], rawget(t, 0/0)", "nil");
    topic.returns(
        "floats that are integers",
        "local t = {} t[1.0] = 'a' t[2^53] = 'b' return t[1] .. t[1 << 53]",
        "ab",
    );
    topic.returns("minus zero", "local t = {} t[-0.0] = 'x' return t[0] .. t[0.0]", "xx");
    topic.returns("the ends of integers",
        "local t = {} t[math.maxinteger] = 1 t[math.mininteger] = 2 t[math.maxinteger + 0.0] = 3 return t[math.maxinteger] + t[math.mininteger], #t", "3");
    topic.whatever("insert at the end of integers", "local t = setmetatable({}, { __len = function() return math.maxinteger end }) return pcall(table.insert, t, 1)");
    topic.endless(
        "remove with a length without end",
        "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
    );
    topic.endless("concat with a length without end", "table.concat(setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return '' end }))");
    topic.endless(
        "insert with a length without end",
        "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)",
    );
    topic.endless("move without end", "table.move({}, 1, 1 << 60, 1, {})");
    topic.endless(
        "move of metamethods without end",
        "table.move(setmetatable({}, { __index = function() end }), 1, 1 << 60, 1)",
    );
    topic.fails(
        "unpack without end",
        "table.unpack(setmetatable({}, { __len = function() return 1 << 60 end }))",
        "too many results",
    );
    topic.endless(
        "ipairs without end",
        "for i in ipairs(setmetatable({}, { __index = function() return 1 end })) do end",
    );
    topic.fails(
        "move that wraps",
        "table.move({}, 1, math.maxinteger, 2)",
        "destination wrap around",
    );
    topic.fails(
        "move of too many",
        "table.move({}, math.mininteger, math.maxinteger, 2)",
        "too many elements",
    );
    topic.fails(
        "length that is no integer",
        "return table.unpack(setmetatable({}, { __len = function() return 1.5 end }))",
        "not an integer",
    );
    topic.fails("insert out of bounds", "table.insert({}, 5, 1)", "out of bounds");
    topic.fails("insert with many arguments", "table.insert({}, 1, 2, 3)", "wrong number");
    topic.fails("concat of a table", "table.concat({ {} })", "invalid value");
    topic.returns("a metamethod that resizes while setting",
        "local t = {} setmetatable(t, { __newindex = function(t, k, v) for i = 1, 100 do rawset(t, k .. i, v) end rawset(t, k, v) end }) \
        for i = 1, 100 do t['k' .. i] = i end return t.k100", "100");
    topic.returns("pairs with __pairs that misbehaves",
        "for k in pairs(setmetatable({}, { __pairs = function() return function() return nil end end })) do end return 1", "1");
    topic.fails(
        "__pairs that is no function",
        "for k in pairs(setmetatable({}, { __pairs = 1 })) do end",
        "attempt to call",
    );
    topic.returns(
        "a table in itself",
        "local t = {} t[t] = t t.t = t setmetatable(t, t) return t[t] == t",
        "true",
    );
}
