(** T2: the expected number of queries. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law QueryCubes.
Import ListNotations.
Open Scope R_scope.

Section T2.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.

(** [E #queries = E sum theta], with no realizability. *)
Theorem expected_queries T : E_i M T queries = E_i M T (path_sum (theta M)).
Proof.
  pose proof (imitator_stochastic_always M WF) as St. unfold E_i.
  rewrite (expect_path_sum M _ _ St) by exact I.
  induction T as [|T IH]; [reflexivity|]. rewrite seq_S, Sum_app, <- IH, expect_last.
  simpl (0 + T)%nat. simpl (Sum [T] _). rewrite Rplus_0_r, <- expect_plus.
  apply expect_ext. intros h.
  transitivity (∑ s ∈ (steps M), imitator_kernel M h s
    * (fun (q : bool) (_ : A) => queries h + (if q then 1 else 0)) (queried s) (act s)).
  - apply Sum_ext. intros s _. reflexivity.
  - rewrite (imitator_kernel_step M WF h (fun q _ => queries h + (if q then 1 else 0))).
    rewrite !Sum_scal_r.
    rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). ring.
Qed.

Variable d : nat.
Hypothesis Re : realizable M d.

Lemma queries_nonneg T : 0 <= E_i M T queries.
Proof.
  apply (expect_nonneg M _ _ (imitator_stochastic_always M WF)); [exact I|]. intros h _.
  induction h as [|s past IH]; simpl; [lra|]. destruct (queried s); lra.
Qed.

(** T2 without roots: [(E #queries)^3 <= T^2 S]. *)
Theorem T2_query_count T : E_i M T queries ^ 3 <= INR T ^ 2 * S_bound M d.
Proof.
  destruct T as [|T'].
  { change (E_i M 0 queries) with 0. simpl INR. right. ring. }
  set (T := S T'). assert (HT : 0 < INR T) by (apply lt_0_INR; unfold T; lia).
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  pose proof (queries_nonneg T) as Hq. pose proof (T1_query_cubes M WF d Re T) as H1.
  set (e := E_i M T queries) in *. set (c := e / INR T).
  assert (Hc : 0 <= c) by (apply Rmult_le_pos; [exact Hq|left; apply Rinv_0_lt_compat, HT]).
  assert (He : e = c * INR T) by (unfold c; field; lra).
  assert (H2 : E_i M T (path_sum (fun h => 3 * c ^ 2 * theta M h - 2 * c ^ 3))
               <= E_i M T (path_sum (fun h => theta M h ^ 3))).
  { apply (E_i_path_sum_le M WF d Re). intros h _. pose proof (theta_nonneg M WF h) as Ht.
    assert (0 <= (theta M h - c) ^ 2 * (theta M h + 2 * c)).
    { apply Rmult_le_pos; [apply pow2_ge_0|lra]. } nra. }
  assert (H3 : E_i M T (path_sum (fun h => 3 * c ^ 2 * theta M h - 2 * c ^ 3))
               = 3 * c ^ 2 * e - 2 * c ^ 3 * INR T).
  { unfold e. rewrite expected_queries. unfold E_i. rewrite !(expect_path_sum M _ _ St) by exact H0.
    rewrite <- Sum_scal. rewrite <- (seq_length T 0) at 3.
    replace (2 * c ^ 3 * INR (length (seq 0 T))) with (∑ t ∈ (seq 0 T), 2 * c ^ 3)
      by (rewrite Sum_const; ring).
    rewrite <- Sum_minus. apply Sum_ext. intros t _. rewrite expect_minus, expect_scal.
    rewrite (expect_const M _ _ St) by exact H0. reflexivity. }
  rewrite H3, He in H2. rewrite He.
  assert (c ^ 3 * INR T <= S_bound M d) by nra.
  replace ((c * INR T) ^ 3) with (INR T ^ 2 * (c ^ 3 * INR T)) by ring.
  apply Rmult_le_compat_l; [apply pow2_ge_0|assumption].
Qed.

(** T2 as in SPEC; [Rpower] needs positive arguments ([T = 0] or [S = 0] gives 0 queries above). *)
Theorem T2_query_count_roots T : (0 < T)%nat -> 0 < S_bound M d ->
  E_i M T queries <= Rpower (INR T) (2 / 3) * Rpower (S_bound M d) (1 / 3).
Proof.
  intros HT HS. assert (0 < INR T) by (apply lt_0_INR, HT).
  pose proof (T2_query_count T) as H2. pose proof (queries_nonneg T) as Hq.
  replace (Rpower (INR T) (2 / 3)) with (Rpower (INR T ^ 2) (1 / 3)).
  2:{ rewrite <- Rpower_pow by assumption. rewrite Rpower_mult. f_equal. simpl; field. }
  rewrite Rpower_mult_distr by (auto; apply pow_lt; assumption).
  destruct Hq as [Hq|Hq].
  - replace (E_i M T queries) with (Rpower (E_i M T queries ^ 3) (1 / 3)).
    + apply Rle_Rpower_l; [lra|]. split; [apply pow_lt, Hq|exact H2].
    + rewrite <- Rpower_pow by assumption. rewrite Rpower_mult.
      replace (INR 3 * (1 / 3)) with 1 by (simpl; field). apply Rpower_1, Hq.
  - rewrite <- Hq. left. apply exp_pos.
Qed.
End T2.
