(** T4 over the marginal laws of the action-observation sequence: [KL(P_g || P_d) <= E_g sum k <= sqrt(T S)].
    The marginals are sums over all histories with that sequence, [q] summed out. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention Divergence.
Import ListNotations.
Open Scope R_scope.

Section Null.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.
Hypothesis Blind : query_blind M.

Lemma indicator_range b : 0 <= indicator b <= 1.
Proof. destruct b; simpl; lra. Qed.

Lemma E_g_indicator_range T (B : list (A * O) -> bool) :
  0 <= E_g M d T (fun h => indicator (B (strip h))) <= 1.
Proof.
  pose proof (guarded_stochastic M d WF) as St. unfold E_g. split.
  - apply (expect_nonneg M _ _ St); [exact I|]. intros h _. apply indicator_range.
  - apply Rle_trans with (expect M (guarded_kernel M d) T [] (fun _ => 1)).
    + apply (expect_le M _ _ St); [exact I|]. intros h _. apply indicator_range.
    + right. apply (expect_const M _ _ St). exact I.
Qed.

(** What the demonstrator never does, the guarded imitator never does. *)
Theorem null_events T (B : list (A * O) -> bool) :
  E_d M T (fun h => indicator (B (strip h))) = 0 ->
  E_g M d T (fun h => indicator (B (strip h))) = 0.
Proof.
  intros Hy. pose proof (E_g_indicator_range T B) as [[Hx|Hx] _]; [|congruence]. exfalso.
  set (x := E_g M d T (fun h => indicator (B (strip h)))) in *.
  set (D := E_g M d T (path_sum (step_divergence M d))).
  set (c := (Rabs D + 1) / x). set (v := fun z => if B z then exp c else 1).
  assert (Hv : forall z, 0 < v z) by (intros z; unfold v; destruct (B z); [apply exp_pos|lra]).
  pose proof (variational M d WF Re Blind T v Hv) as V. fold D in V.
  assert (E1 : E_g M d T (fun h => ln (v (strip h))) = c * x).
  { unfold x, E_g. rewrite <- expect_scal. apply expect_ext. intros h. unfold v, indicator.
    destruct (B (strip h)); [rewrite ln_exp; ring|rewrite ln_1; ring]. }
  assert (E2 : E_d M T (fun h => v (strip h)) = 1).
  { unfold E_d in *. rewrite (expect_ext M _ T [] _ (fun h => 1 + (exp c - 1) * indicator (B (strip h)))).
    - rewrite expect_plus, expect_scal, Hy, (expect_const M _ _ (demo_stochastic M WF)) by exact I. ring.
    - intros h. unfold v, indicator. destruct (B (strip h)); ring. }
  rewrite E1, E2, ln_1 in V. unfold c in V.
  replace ((Rabs D + 1) / x * x) with (Rabs D + 1) in V by (field; lra).
  pose proof (Rle_abs D). lra.
Qed.
End Null.

Section KL.
Context {A O : Type}.
Hypothesis eqA : forall x y : A, {x = y} + {x <> y}.
Hypothesis eqO : forall x y : O, {x = y} + {x <> y}.

Variable M : model A O.

Notation sequence_eq_dec := (sequence_eq_dec eqA eqO).
Notation sequences := (sequences M eqA eqO).
Notation marginal := (marginal M eqA eqO).

Lemma expect_marginal K T f :
  expect M K T [] (fun h => f (strip h)) = ∑ x ∈ sequences T, marginal K T x * f x.
Proof.
  transitivity (∑ x ∈ (sequences T), ∑ h ∈ (histories M T),
    probability K h * (indicator (if sequence_eq_dec (strip h) x then true else false) * f x)).
  - rewrite expect_explicit, Sum_swap. apply Sum_ext. intros h Hh. rewrite Sum_scal. f_equal.
    rewrite (Sum_eq_single (sequences T) _ (strip h)).
    + destruct (sequence_eq_dec (strip h) (strip h)); [simpl; ring|congruence].
    + apply NoDup_nodup.
    + apply nodup_In, in_map, Hh.
    + intros y _ Hy. destruct (sequence_eq_dec (strip h) y); [congruence|simpl; ring].
  - apply Sum_ext. intros x _. unfold marginal. rewrite expect_explicit, <- Sum_scal_r.
    apply Sum_ext. intros; ring.
Qed.

Lemma marginal_total K T : stochastic M K (fun _ => True) -> ∑ x ∈ sequences T, marginal K T x = 1.
Proof.
  intros St. rewrite <- (expect_const M K _ St T [] 1 I). rewrite (expect_marginal K T (fun _ => 1)).
  apply Sum_ext; intros; ring.
Qed.

Lemma marginal_nonneg K T x : stochastic M K (fun _ => True) -> 0 <= marginal K T x.
Proof. intros St. apply (expect_nonneg M K _ St); [exact I|]. intros h _. apply indicator_range. Qed.

Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.
Hypothesis Blind : query_blind M.

(** [P_g << P_d], so that the divergence is what its formula says. *)
Theorem T4_absolutely_continuous T x :
  marginal (demo_kernel M) T x = 0 -> marginal (guarded_kernel M d) T x = 0.
Proof.
  exact (null_events M d WF Re Blind T (fun z => if sequence_eq_dec z x then true else false)).
Qed.

(** T4, left half. *)
Theorem T4_chain_rule T :
  KL (sequences T) (marginal (guarded_kernel M d) T) (marginal (demo_kernel M) T)
  <= E_g M d T (path_sum (step_divergence M d)).
Proof.
  set (P := marginal (guarded_kernel M d) T). set (Q := marginal (demo_kernel M) T).
  pose proof (guarded_stochastic M d WF) as Sg. pose proof (demo_stochastic M WF) as Sd.
  assert (HP : forall x, 0 <= P x) by (intros; apply marginal_nonneg, Sg).
  assert (HQ : forall x, 0 <= Q x) by (intros; apply marginal_nonneg, Sd).
  assert (HPQ : forall x, 0 < P x -> 0 < Q x).
  { intros x Hx. destruct (HQ x) as [|E]; [assumption|]. symmetry in E.
    pose proof (T4_absolutely_continuous T x E) as E'. fold P in E'. lra. }
  apply le_epsilon. intros del Hdel.
  set (v := fun x => if Rlt_dec 0 (P x) then P x / Q x else del).
  assert (Hv : forall x, 0 < v x).
  { intros x. unfold v. destruct (Rlt_dec 0 (P x)) as [H|]; [|exact Hdel]. apply Rdiv_lt_0_compat; auto. }
  pose proof (variational M d WF Re Blind T v Hv) as V.
  assert (E1 : E_g M d T (fun h => ln (v (strip h))) = KL (sequences T) P Q).
  { unfold E_g. rewrite (expect_marginal _ T (fun x => ln (v x))). fold P. apply Sum_ext. intros x _.
    unfold v. destruct (Rlt_dec 0 (P x)) as [H|H]; [reflexivity|]. specialize (HP x).
    replace (P x) with 0 by lra. ring. }
  assert (E2 : E_d M T (fun h => v (strip h)) <= 1 + del).
  { unfold E_d. rewrite (expect_marginal _ T v). fold Q.
    apply Rle_trans with (∑ x ∈ (sequences T), (P x + del * Q x)).
    - apply Sum_le. intros x _. unfold v. destruct (Rlt_dec 0 (P x)) as [H|H].
      + specialize (HPQ x H). replace (Q x * (P x / Q x)) with (P x) by (field; lra).
        assert (0 <= del * Q x) by (apply Rmult_le_pos; [lra|apply HQ]). lra.
      + specialize (HP x). lra.
    - rewrite Sum_plus, Sum_scal. unfold P, Q.
      rewrite (marginal_total _ T Sg : Sum (sequences T) (marginal (guarded_kernel M d) T) = 1).
      rewrite (marginal_total _ T Sd : Sum (sequences T) (marginal (demo_kernel M) T) = 1). lra. }
  assert (0 < E_d M T (fun h => v (strip h))) as Hpos by (apply expect_demo_pos; auto).
  pose proof (ln_le_minus_1 _ Hpos). rewrite E1 in V. lra.
Qed.

(** T4. *)
Theorem T4_divergence T :
  KL (sequences T) (marginal (guarded_kernel M d) T) (marginal (demo_kernel M) T)
  <= sqrt (INR T * S_bound M d).
Proof.
  eapply Rle_trans; [apply T4_chain_rule|apply (T4_step_divergences M d WF Re T)].
Qed.
End KL.
