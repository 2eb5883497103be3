//! Objects that hold each other, weakly too, and have finalizers, made and let go of in any order. What
//! is left after each full collection, and which finalizers have run in which order, has to be as on
//! PUC-Rio's Lua. Then the same in small steps, the collector running as it likes, where every object
//! that can still be reached has to be whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster::{Bytes, Lua, Step};
use luster_fuzz::{Both, SHOW};

const CHUNK: &str = "
    local byte, setmetatable, next, sort, pcall = string.byte, setmetatable, next, table.sort, pcall
    local collectgarbage, coroutine, rawget = collectgarbage, coroutine, rawget
    return function(text, mode)
      local log, live, made, finalized = {}, {}, 0, 0
      local weak = {
        setmetatable({}, { __mode = 'k' }), setmetatable({}, { __mode = 'v' }),
        setmetatable({}, { __mode = 'kv' }), {},
      }
      local function say(...) log[#log + 1] = concat({ ... }, ' ') end
      -- An object is whole when the number in it is that of its name.
      local function number(object)
        if type(object) ~= 'table' then return tostring(object) end
        if object.name ~= 'object number ' .. object.number then error('it is not whole') end
        return object.number
      end
      local gc = {
        { __gc = function(object) finalized = finalized + 1 say('gc', number(object)) end },
        { __gc = function(object)
          say('back', number(object))
          live[object.number % 16] = object
        end },
        { __gc = function(object)
          say('again', number(object))
          if finalized < 200 then finalized = finalized + 1 setmetatable(object, getmetatable(object)) end
        end },
        { __gc = function(object) say('fails', number(object)) error(object) end },
        { __gc = function(object)
          say('holds', number(object))
          for i = 0, 3 do if object[i] then say('other', number(object[i])) end end
        end },
      }
      local function make()
        made = made + 1
        return { number = made, name = 'object number ' .. made }
      end
      local function sorted(table)
        local texts = {}
        for key, value in next, table do
          texts[#texts + 1] = number(key) .. '=' .. number(value)
        end
        sort(texts)
        return concat(texts, ' ')
      end
      local function dump()
        for i = 1, 4 do say(i, sorted(weak[i])) end
      end
      local operations = {
        function(a) live[a] = make() end,
        function(a, b) live[a] = setmetatable(make(), gc[b % #gc + 1]) end,
        function(a) live[a] = nil end,
        function(a, b) if live[a] then live[a][b % 4] = live[b] end end,
        function(a, b) if live[a] then weak[1][live[a]] = live[b] end end,
        function(a, b) weak[2][a] = live[b] end,
        function(a, b) if live[a] then weak[3][live[a]] = live[b] end end,
        function(a, b) if live[a] then weak[b % 4 + 1][live[a]] = make() end end,
        function(a, b) weak[b % 3 + 1]['key ' .. b] = live[a] end,
        function(a, b) if live[a] then weak[b % 3 + 1][live[a]] = 'value ' .. b end end,
        function(a, b) if live[a] then setmetatable(live[a], gc[b % #gc + 1]) end end,
        -- A coroutine and a closure hold an object, which stands in their own variables only.
        function(a, b)
          if live[a] then
            local held = live[b]
            live[a].resume = coroutine.wrap(function()
              local mine = held
              held = nil
              while true do coroutine.yield(mine) end
            end)
            live[a].resume()
          end
        end,
        function(a) if live[a] and live[a].resume then say('held', number(live[a].resume())) end end,
        function(a, b)
          local table = weak[b % 4 + 1]
          for key in next, table do if b % 2 == 0 then table[key] = nil end end
        end,
        function(a, b) setmetatable(weak[4], { __mode = ({ 'k', 'v', 'kv', '' })[b % 4 + 1] }) end,
        function(a, b)
          if mode == 'compare' then
            collectgarbage()
            dump()
          elseif b % 4 == 0 then
            collectgarbage()
          else
            collectgarbage('step', b * 100)
          end
        end,
      }
      if mode == 'compare' then collectgarbage('stop') end
      for at = 1, #text - 1, 2 do
        local op, operands = byte(text, at, at + 1)
        operations[op % #operations + 1](operands % 16, operands // 16)
      end
      if mode == 'compare' then
        collectgarbage()
        dump()
      else
        for i = 1, 4 do sorted(weak[i]) end
        for i = 0, 15 do number(live[i]) end
      end
      -- Nothing is left to the next call.
      live, weak = {}, nil
      for i = 1, 3 do collectgarbage() end
      if mode == 'compare' then return concat(log, '\\n') end
      collectgarbage('restart')
      return ''
    end";

thread_local! {
    static BOTH: Both = Both::new(&(SHOW.to_owned() + CHUNK));
    static LUA: (Lua, luster::Function) = {
        let lua = Lua::builder().seed(1).warnings(|_| {}).build();
        let source = SHOW.to_owned() + CHUNK;
        let function = lua.load(&source).set_name("=chunk").eval().expect("a chunk");
        (lua, function)
    };
}

fuzz_target!(|bytes: &[u8]| {
    let bytes = &bytes[..bytes.len().min(400)];
    BOTH.with(|both| both.check(&[bytes, b"compare"]));
    LUA.with(|(lua, function)| {
        let arguments = (Bytes(bytes.to_vec()), "freely");
        let mut task = function.start::<Bytes>(arguments).expect("it can be called");
        for turn in 0.. {
            match task.step(150) {
                Ok(Step::Done(_)) => break,
                Ok(Step::OutOfFuel) if turn % 8 == 0 => lua.collect_garbage(),
                Ok(Step::OutOfFuel) => {}
                Ok(other) => panic!("{other:?}"),
                Err(error) => panic!("{error}"),
            }
        }
    });
});
