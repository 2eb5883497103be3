//! `string.format`, `pack`, `unpack` and `packsize`, `tonumber` and `utf8`: any format and any values,
//! and the results and errors that PUC-Rio's Lua has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use luster_fuzz::{Both, Input, SHOW};

const CHUNK: &str = "
    local byte, sub, unpack, dump = string.byte, string.sub, string.unpack, string.pack
    local packsize, tunpack, tonumber = string.packsize, table.unpack, tonumber
    local utf8 = utf8
    -- The values that a text holds: a letter for the kind, then what it takes.
    local function values(text)
      local list, count, at = {}, 0, 1
      while at <= #text and count < 6 do
        local kind = byte(text, at) % 8
        count, at = count + 1, at + 1
        if kind == 0 then list[count] = nil
        elseif kind == 1 then list[count] = at % 2 == 0
        elseif kind <= 3 and at + 7 <= #text then list[count], at = unpack('<i8', text, at)
        elseif kind <= 5 and at + 7 <= #text then list[count], at = unpack('<d', text, at)
        elseif kind == 6 then list[count], at = byte(text, at), at + 1
        else list[count], at = sub(text, at, at + 5), at + 6 end
      end
      return tunpack(list, 1, count)
    end
    local functions = {
      function(f, v) return format(f, values(v)) end,
      function(f, v) return dump(f, values(v)) end,
      function(f, v) return unpack(f, v) end,
      function(f, v) return unpack(f, v, #v // 3) end,
      function(f, v) return packsize(f) end,
      function(f, v) return tonumber(f), tonumber(f, 2 + #v % 35), math.tointeger(f) end,
      function(f, v) return utf8.len(f), utf8.len(f, 1, -1, true), utf8.offset(f, #v % 5 - 2) end,
      function(f, v)
        local texts = {}
        for at, code in utf8.codes(f, #v % 2 == 0) do texts[#texts + 1] = at .. ':' .. code end
        return concat(texts, ' ')
      end,
    }
    return function(choice, f, v)
      return show(pcall(functions[byte(choice) % #functions + 1], f, v))
    end";

thread_local! {
    static BOTH: Both = Both::new(&(SHOW.to_owned() + CHUNK));
}

/// Whether a format has a number of so many digits.
fn has_long_number(format: &[u8], digits: usize) -> bool {
    format.split(|byte| !byte.is_ascii_digit()).any(|number| number.len() >= digits)
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let choice = [input.byte()];
    let (format, values) = (input.text(20), input.bytes(64));
    // What has an address in it differs; large sizes take the reference much memory; and with `#`,
    // glibc's 'printf' forgets zeros that C wants.
    let is_exempt = match choice[0] % 8 {
        0 => format.iter().any(|byte| b"p#".contains(byte)),
        1 => has_long_number(format, 4),
        _ => false,
    };
    if !is_exempt {
        BOTH.with(|both| both.check(&[&choice, format, values]));
    }
});
