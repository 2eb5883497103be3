//! Snapshots of disassemblies.

use crate::samples::{odds_and_ends, tour};

#[test]
fn main_function() {
    insta::assert_snapshot!(tour().disassemble(), @r#"
    main (vararg, 12 registers, upvalues u0(_ENV))
       0  [1]  new_table          r0 items 2
       1  [1]  load_integer       r1 10
       2  [1]  load_integer       r2 20
       3  [1]  vararg             r3..top
       4  [1]  set_list           r0 items r1..top after 0
       5  [2]  load_integer       r1 0
       6  [2]  new_cell           r1(n)
       7  [3]  closure            r2(f) function 0
       8  [4]  load_integer       r3 1
       9  [4]  load_integer       r4 10
      10  [4]  load_integer       r5 1
      11  [4]  for_prep           r3 -> 17
      12  [4]  move               r6 r2(f)
      13  [4]  move               r7 r5(i)
      14  [4]  call               r6 args r7 results r6
      15  [4]  set_table          r0(t) r5(i) r6
      16  [4]  for_loop           r3 -> 12
      17  [5]  get_up_table       r3 u0(_ENV) "pairs"
      18  [5]  move               r4 r0(t)
      19  [5]  call               r3 args r4 results r3..r6
      20  [5]  generic_for_prep   r3 -> 26
      21  [5]  get_up_table       r9 u0(_ENV) "print"
      22  [5]  move               r10 r7(k)
      23  [5]  move               r11 r8(v)
      24  [5]  concat             r10 r10..r11
      25  [5]  call               r9 args r10 results none
      26  [5]  generic_for_call   r3 results r7..r8
      27  [5]  generic_for_loop   r3 -> 21
      28  [5]  close              r3
      29  [6]  get_cell           r3 r1(n)
      30  [6]  jump_not_less_immediate r3 5 -> 32
      31  [6]  return0
      32  [7]  get_method         r3..r4 r0(t) "m"
      33  [7]  move               r5 r2(f)
      34  [7]  load_integer       r6 1
      35  [7]  call               r5 args r6 results r5..top
      36  [7]  tail_call          r3 args r4..top

    function 0 (lines 3-3, 1 parameter, 2 registers, upvalues u0(n))
       0  [3]  get_upvalue        r1 u0(n)
       1  [3]  add                r1 r1 r0(x)
       2  [3]  set_upvalue        r1 u0(n)
       3  [3]  get_upvalue        r1 u0(n)
       4  [3]  return1            r1
    "#);
}

#[test]
fn function_without_names() {
    insta::assert_snapshot!(odds_and_ends().disassemble(), @r#"
    function (lines 1-9, 3 parameters, vararg, 11 registers, upvalues u0(_ENV) u1)
       0  load_nil           r3..r4
       1  new_cell           r3
       2  closure            r4 function 0
       3  set_cell           r3 r4
       4  jump_equal_constant r0 "a \"quoted\"\nline é" -> 8
       5  jump_less          r0 r1 -> 7
       6  load_false_skip    r5
       7  load_true          r5
       8  load_constant      r5 "a \"quoted\"\nline é"
       9  load_float         r6 -3.0
      10  add_immediate      r6 r6 subtraction -1
      11  add_constant       r6 r6 flipped 0.5
      12  constant_sub       r6 r6 -4
      13  get_index          r6 r5 200
      14  get_field          r6 r6 "field"
      15  set_field          r0 "field" r6
      16  set_index          r0 1 r6
      17  set_up_table       u0(_ENV) "field" r6
      18  new_table          r7 fields 2^2
      19  mark_to_be_closed  r7
      20  vararg_table       r8
      21  get_vararg         r9 r0
      22  unpack_vararg_table r9..r10 r8
      23  not                r9 r10
      24  jump_if            r9 -> 26
      25  jump_back          -> 9
      26  get_up_table       r9 u0(_ENV) "field"
      27  check_global_undefined r9 "field"
      28  load_false         r9
      29  unpack_vararg_table r10..top r8
      30  return             r9..top closing

    function 0 (lines 2-4, 1 register, upvalues u0(up) u1(up))
       0  load_nil           r0
       1  return             none closing

    function 0.0 (lines 2-4, 1 register)
       0  load_nil           r0
       1  return             none closing

    function 0.1 (lines 2-4, 1 register, upvalues u0(up))
       0  load_nil           r0
       1  return             none closing
    "#);
}
