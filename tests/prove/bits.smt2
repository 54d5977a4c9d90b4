; SPDX-License-Identifier: Apache-2.0
; The axioms of prelude.h, each for all machine numbers. A theorem is asserted negated: "unsat" proves it.
; scripts/prove runs this with z3, and wants an unsat for the name of each axiom.
(set-logic BV)

(define-fun one () (_ BitVec 32) #x00000001)
(define-fun power_of_two ((n (_ BitVec 32))) Bool
  (exists ((k (_ BitVec 32))) (and (bvult k #x00000020) (= n (bvshl one k)))))
(define-fun bit ((n (_ BitVec 32)) (i (_ BitVec 32))) Bool (= (bvand (bvlshr n i) one) one))
(declare-const a (_ BitVec 32))
(declare-const b (_ BitVec 32))

(echo "one_bit")
(push)
(assert (not (=> (distinct a #x00000000)
  (= (= (bvand a (bvsub a one)) #x00000000) (power_of_two a)))))
(check-sat)
(pop)

(echo "top_bit")
(push)
(declare-const n (_ BitVec 8))
(assert (distinct (bvand n #x80) (bvmul #x80 (bvudiv n #x80))))
(check-sat)
(pop)

(echo "subset")
(push)
(assert (distinct (= (bvand a (bvnot b)) #x00000000)
  (forall ((i (_ BitVec 32))) (=> (bvult i #x00000020) (bit a i) (bit b i)))))
(check-sat)
(pop)

; Wide enough that nothing wraps.
(echo "wraps32")
(push)
(assert (let ((wide_a ((_ zero_extend 8) a)) (wide_b ((_ zero_extend 8) b)))
  (distinct ((_ zero_extend 8) (bvsub a b))
    (ite (bvule b a) (bvsub wide_a wide_b) (bvadd (bvsub wide_a wide_b) #x0100000000)))))
(check-sat)
(pop)

(echo "wraps64")
(push)
(declare-const c (_ BitVec 64))
(declare-const d (_ BitVec 64))
(assert (let ((wide_c ((_ zero_extend 8) c)) (wide_d ((_ zero_extend 8) d)))
  (and (bvult c d)
    (distinct ((_ zero_extend 8) (bvsub c d)) (bvadd (bvsub wide_c wide_d) #x010000000000000000)))))
(check-sat)
(pop)
