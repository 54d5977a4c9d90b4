/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the contracts beside the functions use, and what WP is told about bits. Read by scripts/prove only.
 *
 * WP reasons over whole numbers and knows little of bit operations. What it must know of them is stated here, and
 * proved for all machine numbers in bits.smt2, by Z3's bit vectors: each axiom has its theorem there, by its name. */

/* One context at a time runs what is proved: an atomic access is an access. */
#define __atomic_load_n(word, order) (*(word))
#define __atomic_store_n(word, value, order) (*(word) = (value))
#define __atomic_thread_fence(order) ((void)0)

/*@ // How far `to` is ahead of `from`, where 32 bits wrap.
  @ logic integer ahead(integer from, integer to) = from <= to ? to - from : to - from + 0x100000000;
  @
  @ predicate power_of_two(integer n) =
  @	n == 0x1 || n == 0x2 || n == 0x4 || n == 0x8 || n == 0x10 || n == 0x20 || n == 0x40 || n == 0x80 ||
  @	n == 0x100 || n == 0x200 || n == 0x400 || n == 0x800 || n == 0x1000 || n == 0x2000 || n == 0x4000 ||
  @	n == 0x8000 || n == 0x10000 || n == 0x20000 || n == 0x40000 || n == 0x80000 || n == 0x100000 ||
  @	n == 0x200000 || n == 0x400000 || n == 0x800000 || n == 0x1000000 || n == 0x2000000 ||
  @	n == 0x4000000 || n == 0x8000000 || n == 0x10000000 || n == 0x20000000 || n == 0x40000000 ||
  @	n == 0x80000000;
  @
  @ predicate bit(integer n, integer i) = (n >> i) % 2 == 1;
  @ */

/*@ axiomatic bits {
  @ axiom one_bit: \forall unsigned int n; n != 0 ==> ((n & (unsigned int)(n - 1)) == 0 <==> power_of_two(n));
  @ axiom top_bit: \forall unsigned char n; (n & 0x80) == 0x80 * (n / 0x80);
  @ axiom subset: \forall unsigned int a, b;
  @	(a & (unsigned int)~b) == 0 <==> (\forall integer i; 0 <= i < 32 ==> bit(a, i) ==> bit(b, i));
  @ axiom wraps32: \forall unsigned int a, b; (unsigned int)(a - b) == ahead(b, a);
  @ axiom wraps64: \forall unsigned long a, b; a < b ==> (unsigned long)(a - b) == a - b + 0x10000000000000000;
  @ } */
