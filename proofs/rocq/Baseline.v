(** T0: what the bound on cubes alone says of events; the baseline that T5 is compared with. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law QueryCubes Retention Divergence Marginal Events.
Import ListNotations.
Open Scope R_scope.

Lemma cube_sign e : (0 <= e ^ 3 -> 0 <= e) /\ (0 < e ^ 3 -> 0 < e).
Proof.
  assert (e < 0 -> e ^ 3 < 0) as N.
  { intros He. assert (0 < - e) as Hm by lra. apply (pow_lt _ 3) in Hm.
    replace ((- e) ^ 3) with (- e ^ 3) in Hm by ring. lra. }
  split; intros H; destruct (Rtotal_order e 0) as [He|[->|He]]; simpl in H; lra.
Qed.

Section T0.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.
Hypothesis Blind : query_blind M.

(** An action of the guarded imitator is at most [exp theta] times as likely as the demonstrator's. *)
Lemma guarded_action_le h a : guarded_action M d h a <= exp (theta M h) * demo M h a.
Proof.
  pose proof (theta_nonneg M WF h) as Ht. pose proof (demo_nonneg M WF h a) as Hp.
  pose proof (exp_ineq1_le (theta M h)) as He. unfold guarded_action.
  destruct (ever (out M d) h) eqn:E; [nra|].
  pose proof (imitator_le_demo M d Re h a (not_ever_in_top M d h E)). nra.
Qed.

(** A product along a history, of a function of the history before a step and of its action. *)
Fixpoint path_product (w : history A O -> A -> R) (h : history A O) : R :=
  match h with
  | [] => 1
  | s :: past => path_product w past * w past (act s)
  end.

Lemma path_product_nonneg w h : (forall h a, 0 <= w h a) -> 0 <= path_product w h.
Proof. intros Hw. induction h; simpl; [lra|]. apply Rmult_le_pos; auto. Qed.

(** If an action of the guarded imitator, times its discount, is no more likely than the demonstrator's, so is a
    trajectory. *)
Lemma discounted_le (w : history A O -> A -> R) T (u : list (A * O) -> R) h :
  (forall h a, 0 <= w h a) -> (forall h a, guarded_action M d h a * w h a <= demo M h a) ->
  (forall x, 0 <= u x) ->
  expect M (guarded_kernel M d) T h (fun g => path_product w g * u (strip g))
  <= path_product w h * expect M (demo_kernel M) T h (fun g => u (strip g)).
Proof.
  intros Hw Hwd Hu. revert h. induction T as [|T IH]; intros h; [apply Rle_refl|]. cbn [expect].
  set (U := fun a o => expect M (demo_kernel M) T (Step true a o :: h) (fun g => u (strip g))).
  assert (HU : forall s, expect M (demo_kernel M) T (s :: h) (fun g => u (strip g)) = U (act s) (obs s)).
  { intros s. apply (expect_demo_blind M Blind). reflexivity. }
  assert (H0 : forall a o, 0 <= U a o).
  { intros a o. apply (expect_nonneg M _ _ (demo_stochastic M WF)); [exact I|]. intros; apply Hu. }
  pose proof (path_product_nonneg w h Hw) as Hk. set (k := path_product w h) in *.
  rewrite (Sum_ext (steps M) (fun s => demo_kernel M h s * _) (fun s => demo_kernel M h s * U (act s) (obs s)))
    by (intros; rewrite HU; reflexivity).
  rewrite demo_kernel_ao.
  apply Rle_trans with (k * ∑ s ∈ steps M, guarded_kernel M d h s * (w h (act s) * U (act s) (obs s))).
  - rewrite <- Sum_scal. apply Sum_le. intros s _.
    pose proof (guarded_kernel_nonneg M d WF h s) as Hg. specialize (IH (s :: h)).
    rewrite HU in IH. simpl path_product in IH. fold k in IH.
    pose proof (Rmult_le_compat_l _ _ _ Hg IH). lra.
  - apply Rmult_le_compat_l; [exact Hk|]. rewrite (guarded_kernel_ao M d h (fun a o => w h a * U a o)).
    apply Sum_le. intros a _. apply Sum_le. intros o _.
    assert (0 <= env M h a o * U a o) as Hm by (apply Rmult_le_pos; [apply env_nonneg, WF|apply H0]).
    pose proof (Rmult_le_compat_r _ _ _ Hm (Hwd h a)). lra.
Qed.

(** Hoelder's inequality along a history, by tangents. *)
Lemma theta_tangent h k : 0 <= k ->
  3 * k ^ 2 * path_sum (theta M) h - 2 * k ^ 3 * INR (length h)
  <= path_sum (fun h => theta M h ^ 3) h.
Proof.
  intros Hk. induction h as [|s h IH]; [simpl; lra|].
  change (length (s :: h)) with (S (length h)). rewrite S_INR. cbn [path_sum].
  pose proof (theta_nonneg M WF h) as Ht.
  assert (0 <= (theta M h - k) ^ 2 * (theta M h + 2 * k)).
  { apply Rmult_le_pos; [apply pow2_ge_0|lra]. }
  nra.
Qed.

Lemma theta_sum_le h c e : 0 < c -> e ^ 3 = INR (length h) ^ 2 * c ->
  path_sum (fun h => theta M h ^ 3) h <= c -> path_sum (theta M) h <= e.
Proof.
  intros Hc He Hs. destruct (cube_sign e) as [Hnn Hpos].
  destruct h as [|s h']; [apply Hnn; rewrite He; simpl; lra|]. set (h := s :: h') in *.
  assert (Hn : 0 < INR (length h)) by (apply lt_0_INR; simpl; lia). set (n := INR (length h)) in *.
  assert (He0 : 0 < e).
  { apply Hpos. rewrite He. apply Rmult_lt_0_compat; [apply pow_lt, Hn|exact Hc]. }
  assert (Hk : 0 < e / n) by (apply Rdiv_lt_0_compat; assumption).
  pose proof (theta_tangent h (e / n) (Rlt_le _ _ Hk)) as Ht. fold n in Ht.
  assert (Ec : c = (e / n) ^ 2 * e) by (replace c with (e ^ 3 / n ^ 2) by (rewrite He; field; lra); field; lra).
  assert (En : 2 * (e / n) ^ 3 * n = 2 * ((e / n) ^ 2 * e)) by (field; lra).
  assert (Hk2 : 0 < (e / n) ^ 2) by (apply pow_lt, Hk).
  apply (Rmult_le_reg_l ((e / n) ^ 2)); [exact Hk2|]. lra.
Qed.

Variable T : nat.
Variable B : list (A * O) -> bool.

Definition cubes (h : history A O) : R := path_sum (fun h => theta M h ^ 3) h.

(** Markov's inequality for the cubes. *)
Lemma many_cubes c : 0 < c ->
  E_i M T (fun h => if Rle_dec (cubes h) c then 0 else 1) <= S_bound M d / c.
Proof.
  intros Hc. pose proof (T1_query_cubes M WF d Re T) as H1.
  apply Rle_trans with (/ c * E_i M T cubes).
  - unfold E_i. rewrite <- expect_scal.
    apply (expect_le M _ _ (imitator_stochastic_always M WF)); [exact I|]. intros h _.
    assert (0 <= cubes h).
    { unfold cubes. induction h as [|s h IH]; cbn [path_sum]; [lra|].
      pose proof (pow_le _ 3 (theta_nonneg M WF h)). lra. }
    pose proof (Rinv_0_lt_compat c Hc). destruct (Rle_dec (cubes h) c); [apply Rmult_le_pos; lra|].
    apply (Rmult_le_reg_l c); [exact Hc|]. rewrite <- Rmult_assoc, Rinv_r; lra.
  - unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|exact H1].
Qed.

(** From any bound [p] on the probability of more than [c] in cubes; [e = T^(2/3) c^(1/3)]. *)
Lemma events_from_cubes c e p : alpha M < 1 -> 0 < c -> e ^ 3 = INR T ^ 2 * c ->
  E_i M T (fun h => if Rle_dec (cubes h) c then 0 else 1) <= p ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1) + (p + P_d_event M T B * exp e).
Proof.
  intros Ha Hc He HM. pose proof (T3_retention M WF d Re T Ha) as H3.
  pose proof (imitator_stochastic_always M WF) as Si.
  set (u := fun x => indicator (B x)).
  set (few := fun h => if Rle_dec (cubes h) c then u (strip h) else 0).
  assert (Hu : forall x, 0 <= u x) by (intros x; unfold u, indicator; destruct (B x); lra).
  assert (Hsplit : P_i_event M T B <= E_i M T (while_in M d few)
      + (exclusion M d T + E_i M T (fun h => if Rle_dec (cubes h) c then 0 else 1))).
  { unfold exclusion, P_i_event, E_i. rewrite <- !expect_plus.
    apply (expect_le M _ _ Si); [exact I|]. intros h _. unfold while_in, few, u, indicator.
    destruct (ever (out M d) h), (Rle_dec (cubes h) c), (B (strip h)); lra. }
  assert (Hfew : E_i M T (while_in M d few) <= exp e * P_d_event M T B).
  { rewrite <- laws_agree by exact WF. set (w := fun (h : history A O) (_ : A) => exp (- theta M h)).
    assert (Ew : forall h, path_product w h = exp (- path_sum (theta M) h)).
    { induction h as [|s h IH]; simpl; [rewrite Ropp_0, exp_0; reflexivity|].
      rewrite IH, Ropp_plus_distr, exp_plus. reflexivity. }
    assert (D : E_g M d T (fun h => path_product w h * u (strip h)) <= path_product w [] * P_d_event M T B).
    { apply discounted_le; [intros; left; apply exp_pos| |exact Hu]. intros h a.
      pose proof (guarded_action_le h a) as L. pose proof (exp_pos (- theta M h)) as He0.
      apply (Rmult_le_compat_r (exp (- theta M h))) in L; [|lra]. eapply Rle_trans; [exact L|].
      right. unfold w. rewrite exp_Ropp. field. pose proof (exp_pos (theta M h)). lra. }
    simpl path_product in D. rewrite Rmult_1_l in D. unfold E_g in *.
    apply Rle_trans with (exp e * expect M (guarded_kernel M d) T [] (fun h => path_product w h * u (strip h))).
    - rewrite <- expect_scal.
      apply (expect_le_at M _ _ (guarded_stochastic M d WF)); [exact I|].
      intros h _ Hl. rewrite Nat.add_0_r in Hl. rewrite Ew.
      assert (0 <= exp e * (exp (- path_sum (theta M) h) * u (strip h))) as Hpos.
      { repeat apply Rmult_le_pos; try (left; apply exp_pos). apply Hu. }
      unfold while_in, few. destruct (ever (out M d) h); [exact Hpos|].
      destruct (Rle_dec (cubes h) c) as [Hs|]; [|exact Hpos]. rewrite <- Rmult_assoc, <- exp_plus.
      rewrite <- (Rmult_1_l (u (strip h))) at 1. apply Rmult_le_compat_r; [apply Hu|].
      pose proof (theta_sum_le h c e Hc) as L. rewrite Hl in L. specialize (L He Hs).
      pose proof (exp_ineq1_le (e + - path_sum (theta M) h)). lra.
    - apply Rmult_le_compat_l; [left; apply exp_pos|exact D]. }
  lra.
Qed.

(** T0, for every [c > 0], so also for the infimum. *)
Theorem T0_baseline c e : alpha M < 1 -> 0 < c -> e ^ 3 = INR T ^ 2 * c ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
                     + (S_bound M d / c + P_d_event M T B * exp e).
Proof.
  intros Ha Hc He. exact (events_from_cubes c e _ Ha Hc He (many_cubes c Hc)).
Qed.

(** The same with roots; [Rpower] needs positive arguments. *)
Theorem T0_baseline_roots c : alpha M < 1 -> 0 < c -> (0 < T)%nat ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
    + (S_bound M d / c + P_d_event M T B * exp (Rpower (INR T) (2 / 3) * Rpower c (1 / 3))).
Proof.
  intros Ha Hc HT. apply T0_baseline; [exact Ha|exact Hc|].
  assert (0 < INR T) by (apply lt_0_INR, HT).
  rewrite Rpow_mult_distr, <- !Rpower_pow by apply exp_pos. rewrite !Rpower_mult.
  replace (2 / 3 * INR 3) with (INR 2) by (simpl; field).
  replace (1 / 3 * INR 3) with 1 by (simpl; field).
  rewrite Rpower_pow, Rpower_1 by assumption. reflexivity.
Qed.
End T0.
