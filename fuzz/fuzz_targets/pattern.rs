//! Patterns, subjects and replacements: what `string.find`, `match`, `gmatch` and `gsub` make of them,
//! errors included, has to be what PUC-Rio's Lua makes of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster_fuzz::{Both, Input, SHOW};

const CHUNK: &str = "
    local find, match, gmatch, gsub, byte, sub = string.find, string.match, string.gmatch, \
      string.gsub, string.byte, string.sub
    local replacements = {
      function(r) return r end,
      function(r) return { [r] = 1, a = r, b = false } end,
      function(r) return function(a, b) return b and a .. r end end,
    }
    local functions = {
      function(s, p, r, n) return find(s, p, n) end,
      function(s, p, r, n) return match(s, p, n) end,
      function(s, p, r, n) return find(s, p, n, true) end,
      function(s, p, r, n)
        local texts = {}
        for a, b, c in gmatch(s, p, n) do texts[#texts + 1] = show(a, b, c) end
        return concat(texts, '; ')
      end,
      function(s, p, r, n) return gsub(s, p, r) end,
      function(s, p, r, n) return gsub(s, p, r, n) end,
      function(s, p, r, n) return gsub(s, p, { [r] = 1, a = r, b = false }) end,
      function(s, p, r, n) return gsub(s, p, function(a, b) return b and a .. r end) end,
    }
    return function(choice, s, p, r)
      local which, n = byte(choice, 1, 2)
      return show(pcall(functions[which % #functions + 1], s, p, r, n % 16 - 6))
    end";

thread_local! {
    static BOTH: Both = Both::new(&(SHOW.to_owned() + CHUNK));
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let choice = [input.byte(), input.byte()];
    let (pattern, replacement) = (input.text(24), input.text(12));
    let subject = input.bytes(32);
    // Each repetition takes the reference a turn for each byte, inside all others.
    if pattern.iter().filter(|byte| b"*+-?".contains(byte)).count() > 3 {
        return;
    }
    BOTH.with(|both| both.check(&[&choice, subject, pattern, replacement]));
});
