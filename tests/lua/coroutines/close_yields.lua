-- A yield while a coroutine is closed is a yield of the coroutine that closes it. (The reference
-- raises "attempt to yield across a C-call boundary".)

local function closing(name, count)
  return setmetatable({}, { __close = function (_, e)
    for i = 1, count do
      print(name, "got", coroutine.yield(name, i))
    end
    print(name, "closed", e)
  end })
end

local function suspended(name, count, before)
  local co = coroutine.create(function ()
    local outer <close> = closing(name .. " outer", 1)
    local inner <close> = closing(name .. " inner", count)
    if before then before() end
    coroutine.yield()
  end)
  assert(coroutine.resume(co))
  return co
end

do
  local co = suspended("a", 2)
  local closer = coroutine.wrap(function ()
    return "done", coroutine.close(co)
  end)
  print(closer())
  print(coroutine.status(co), coroutine.resume(co))
  print(pcall(coroutine.close, co))
  print(closer("x", "y"))
  print(closer("z"))
  print(closer("w"))
  print(coroutine.status(co))
end
-- expect: a inner 1
-- expect: normal false cannot resume non-suspended coroutine
-- expect: false cannot close a normal coroutine
-- expect: a inner got x y
-- expect: a inner 2
-- expect: a inner got z
-- expect: a inner closed nil
-- expect: a outer 1
-- expect: a outer got w
-- expect: a outer closed nil
-- expect: done true
-- expect: dead

-- One closes another, which is closing a third.
do
  local third = suspended("c", 1)
  local second = suspended("b", 1)
  local first = coroutine.create(function ()
    local variable <close> = setmetatable({}, { __close = function ()
      print("closing the third", coroutine.close(third))
    end })
    coroutine.yield()
  end)
  coroutine.resume(first)
  local closer = coroutine.create(function ()
    print("closing the first", coroutine.close(first))
    print("closing the second", coroutine.close(second))
  end)
  local steps = 0
  while coroutine.status(closer) == "suspended" do
    steps = steps + 1
    print(steps, coroutine.resume(closer, steps))
    print(coroutine.status(first), coroutine.status(second), coroutine.status(third))
  end
end
-- expect: 1 true c inner 1
-- expect: normal suspended normal
-- expect: c inner got 2
-- expect: c inner closed nil
-- expect: 2 true c outer 1
-- expect: normal suspended normal
-- expect: c outer got 3
-- expect: c outer closed nil
-- expect: closing the third true
-- expect: closing the first true
-- expect: 3 true b inner 1
-- expect: dead normal dead
-- expect: b inner got 4
-- expect: b inner closed nil
-- expect: 4 true b outer 1
-- expect: dead normal dead
-- expect: b outer got 5
-- expect: b outer closed nil
-- expect: closing the second true
-- expect: 5 true
-- expect: dead dead dead

-- A closer that is closed itself.
do
  local co = suspended("d", 1)
  local closer = coroutine.create(function ()
    coroutine.close(co)
  end)
  print(coroutine.resume(closer))
  print(coroutine.close(closer), coroutine.status(closer), coroutine.status(co))
  print(pcall(coroutine.wrap(function () return coroutine.close(co) end)))
end
-- expect: true d inner 1
-- expect: true dead suspended
-- expect: true d outer 1

-- An error after a yield.
do
  local co = coroutine.create(function ()
    local variable <close> = setmetatable({}, { __close = function (_, e)
      error("after " .. coroutine.yield(e), 0)
    end })
    error("first", 0)
  end)
  print(coroutine.resume(co))
  local closer = coroutine.wrap(function () return coroutine.close(co) end)
  print(closer())
  print(closer("yielding"))
end
-- expect: false first
-- expect: first
-- expect: false after yielding

-- Nobody to yield to: the error is raised in the method.
do
  local co = suspended("e", 1)
  print(coroutine.close(co))
  local co = coroutine.create(function ()
    local variable <close> = setmetatable({}, { __close = function ()
      print(coroutine.isyieldable(), pcall(coroutine.yield))
    end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  print(coroutine.close(co))
end
-- expect: false attempt to yield from outside a coroutine
-- expect: false false attempt to yield from outside a coroutine
-- expect: true

-- A finalizer cannot yield, nor can what it closes.
do
  local results = {}
  local co = suspended("f", 1)
  local runner = coroutine.wrap(function ()
    setmetatable({}, { __gc = function ()
      results[1] = coroutine.isyieldable()
      results[2] = table.pack(pcall(coroutine.yield, 5))[2]
      results[3] = table.pack(coroutine.close(co))[2]
      results[4] = coroutine.wrap(function () return coroutine.yield(7) end)()
    end })
    repeat collectgarbage() until results[4]
    return "end"
  end)
  print(runner())
  for i = 1, 4 do print(results[i]) end
end
-- expect: end
-- expect: false
-- expect: attempt to yield across a C-call boundary
-- expect: attempt to yield across a C-call boundary
-- expect: 7
