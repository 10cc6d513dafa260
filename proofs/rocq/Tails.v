(** T6: the query cubes have exponential tails, at all times at once, and so has the number of queries. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law RootLemma QueryCubes QueryCount Retention Divergence
  Marginal Events Baseline.
Import ListNotations.
Open Scope R_scope.

Section Tails.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.

(** What one answer takes, in proportion, from the potential of member [i]: the mean of the [m]-th power of its fall. *)
Definition gain (m i : nat) (h : history A O) : R :=
  ∑ a ∈ actions M, demo M h a * payment M d (fun u => u ^ m) i h a.

Lemma gain_nonneg m i h : 0 <= gain m i h.
Proof.
  apply Sum_nonneg. intros a _. apply Rmult_le_pos; [apply demo_nonneg, WF|].
  apply payment_nonneg. intros; apply pow_le; assumption.
Qed.

(** One alternative: a potential [Psi] that pays for [lam] times the [m]-th power. *)
Section One.
Variables (m : nat) (lam k : R).
Let Psi := root_potential k.
Hypothesis Hk : 2 <= k.
Hypothesis Hpsi : forall x r, 1 <= x -> 0 <= r ->
  Psi (x * r) <= Psi x * (1 - lam * Rmax 0 (1 - r) ^ m) + Psi x / 2 * (r - 1).

Lemma member_shrinks i h : (i < size M)%nat -> live M d h ->
  ∑ a ∈ actions M, demo M h a * Psi (ratio M d i h / tau M * (member M i h a / member M d h a))
  <= Psi (ratio M d i h / tau M) * (1 - lam * gain m i h).
Proof.
  intros Hi Hh. set (x := ratio M d i h / tau M).
  assert (Hx : 0 <= x) by (apply scaled_ratio_nonneg; [exact WF|exact Hi|exact Hh]).
  pose proof (root_potential_ge_1 k Hk x Hx) as H1. fold Psi in H1.
  set (c := if Rle_dec 1 x then Psi x / 2 else (k - 1) * x).
  apply Rle_trans with (Psi x + c * 0 - ∑ a ∈ actions M, demo M h a * (Psi x * lam * payment M d (fun u => u ^ m) i h a)).
  - apply (average_drop M WF h Psi x (fun a => member M i h a / member M d h a)).
    + unfold c. destruct (Rle_dec 1 x); nra.
    + rewrite Rplus_0_r. apply (mean_ratio M WF d Re), Hi.
    + intros a E. pose proof (proj2 (fall_quotient M WF d Re i h a Hi E)) as Hr. unfold payment, c, fall. fold x.
      set (r := member M i h a / member M d h a) in *. destruct (Rle_dec 1 x) as [Hx1|Hx1].
      * pose proof (Hpsi x r Hx1 Hr). lra.
      * pose proof (shrink_below k Hk x r) as Hb. fold Psi in Hb. lra.
  - right. unfold gain. rewrite (Sum_ext (actions M) _ (fun a => Psi x * lam
      * (demo M h a * payment M d (fun u => u ^ m) i h a))) by (intros; ring).
    rewrite Sum_scal. ring.
Qed.

Lemma member_exponential_moment T i : (i < size M)%nat ->
  E_i M T (fun h => exp (path_sum (fun h => lam * (theta M h * gain m i h)) h))
  <= Psi (ratio M d i [] / tau M).
Proof.
  intros Hi. set (V := fun h => Psi (ratio M d i h / tau M)).
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  assert (HV : forall h, live M d h -> 1 <= V h).
  { intros h Hh. apply root_potential_ge_1; [exact Hk|]. apply scaled_ratio_nonneg; assumption. }
  eapply Rle_trans; [|apply (multiplicative_bound M _ _ St T V (fun h => lam * (theta M h * gain m i h)) H0)].
  - apply (expect_le M _ _ St); [exact H0|]. intros h Hh.
    rewrite <- (Rmult_1_r (exp _)) at 1. apply Rmult_le_compat_l; [left; apply exp_pos|auto].
  - intros h Hh. unfold V. rewrite (ratio_expectation M WF d Re i h (fun z => Psi (z / tau M)) Hh).
    rewrite (Sum_ext (actions M) _
      (fun a => demo M h a * Psi (ratio M d i h / tau M * (member M i h a / member M d h a))))
      by (intros; do 2 f_equal; unfold Rdiv; ring).
    pose proof (Rmult_le_compat_l _ _ _ (theta_nonneg M WF h) (member_shrinks i h Hi Hh)) as L.
    pose proof (exp_ineq1_le (- (lam * (theta M h * gain m i h)))) as He.
    specialize (HV h Hh). unfold V in HV.
    apply (Rmult_le_compat_r (Psi (ratio M d i h / tau M))) in He; lra.
Qed.

(** All alternatives together, by Hoelder's inequality. *)
Theorem exponential_moment T : others M d <> [] ->
  E_i M T (fun h => exp (lam / alternatives M d
    * path_sum (fun h => theta M h * ∑ i ∈ others M d, gain m i h) h))
  <= mean_over_alternatives M d Psi.
Proof.
  intros Hne. set (n := alternatives M d).
  assert (Hn : 0 < n).
  { unfold n, alternatives. apply lt_0_INR. destruct (others M d); [congruence|simpl; lia]. }
  set (b := fun i => ln (Psi (ratio M d i [] / tau M))).
  set (v := fun i (h : history A O) => path_sum (fun h => lam * (theta M h * gain m i h)) h).
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  assert (Hb : forall i, In i (others M d) -> exp (b i) = Psi (ratio M d i [] / tau M)).
  { intros i Hi. apply In_others in Hi. apply exp_ln. eapply Rlt_le_trans; [apply Rlt_0_1|].
    apply root_potential_ge_1; [exact Hk|]. apply scaled_ratio_nonneg; tauto. }
  assert (Hone : Sum (others M d) (fun _ => / n) = 1).
  { rewrite Sum_const. unfold n, alternatives. apply Rinv_r. unfold n, alternatives in Hn. lra. }
  assert (Hsum : forall h, lam / n * path_sum (fun h => theta M h * ∑ i ∈ others M d, gain m i h) h
    = ∑ i ∈ others M d, / n * v i h).
  { intros h. unfold v. induction h as [|s h IH]; cbn [path_sum].
    - rewrite Sum_all_zero; [ring|]. intros; ring.
    - rewrite Rmult_plus_distr_l, IH, <- Rmult_assoc, <- Sum_scal, <- Sum_plus.
      apply Sum_ext. intros; field; lra. }
  apply Rle_trans with (mean_over_alternatives M d Psi * ∑ i ∈ others M d, / n * 1); cycle 1.
  { rewrite Sum_scal_r, Hone. lra. }
  apply Rle_trans with (mean_over_alternatives M d Psi
    * ∑ i ∈ others M d, / n * (exp (- b i) * E_i M T (fun h => exp (v i h)))); cycle 1.
  { apply Rmult_le_compat_l; [left; apply exp_pos|]. apply Sum_le. intros i Hi.
    apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat, Hn|].
    rewrite <- exp_0, <- (Rplus_opp_l (b i)), exp_plus.
    apply Rmult_le_compat_l; [left; apply exp_pos|]. rewrite (Hb i Hi).
    apply member_exponential_moment. apply In_others in Hi. tauto. }
  unfold E_i. rewrite (Sum_ext (others M d) _ (fun i => expect M (imitator_kernel M) T []
    (fun h => / n * (exp (- b i) * exp (v i h))))) by (intros; rewrite !expect_scal; reflexivity).
  rewrite <- expect_sum, <- expect_scal. apply (expect_le M _ _ St); [exact H0|]. intros h _.
  rewrite Hsum. unfold mean_over_alternatives. fold n.
  rewrite (Sum_ext (others M d) (fun i => / n * (exp (- b i) * exp (v i h)))
    (fun i => / n * exp (v i h - b i))) by (intros; unfold Rminus; rewrite exp_plus; ring).
  replace (∑ i ∈ others M d, / n * v i h)
    with (/ n * Sum (others M d) b + ∑ i ∈ others M d, / n * (v i h - b i)).
  - rewrite exp_plus. apply Rmult_le_compat_l; [left; apply exp_pos|].
    apply exp_convex; [|exact Hone]. intros; left; apply Rinv_0_lt_compat, Hn.
  - rewrite <- Sum_scal, <- Sum_plus. apply Sum_ext. intros; ring.
Qed.
End One.

(** ** T6 *)

Notation theta_G := (path_sum (fun h => theta M h * G M h)).

Lemma G_nonneg h : 0 <= G M h.
Proof.
  apply Sum_nonneg. intros a _. apply Rmult_le_pos; [apply demo_nonneg, WF|apply max_list_nonneg].
Qed.

Lemma no_alternatives h : others M d = [] -> live M d h -> theta_G h = 0.
Proof.
  intros E Hh. apply Rle_antisym.
  - apply Rle_trans with (path_sum (fun _ => 0) h); [|induction h; simpl in *; [lra|]].
    + apply (path_sum_le M WF d Re); [exact Hh|]. intros g Hg.
      pose proof (G_le_payments M WF d Re g Hg) as L. unfold payments in L. rewrite E in L. simpl in L.
      pose proof (theta_nonneg M WF g). pose proof (G_nonneg g). nra.
    + assert (live M d h) as H by (apply (live_past M WF d Re h a), Hh). specialize (IHh H). lra.
  - clear Hh. induction h as [|s h IH]; cbn [path_sum]; [lra|].
    pose proof (theta_nonneg M WF h). pose proof (G_nonneg h). nra.
Qed.

Lemma alternatives_pos : others M d <> [] -> 0 < alternatives M d.
Proof. intros H. apply lt_0_INR. destruct (others M d); [congruence|simpl; lia]. Qed.

(** T6: the exponential moment, at every horizon. *)
Theorem T6_exponential_moment T :
  E_i M T (fun h => exp (path_sum (fun h => theta M h * G M h) h / (8 * alternatives M d)))
  <= mean_over_alternatives M d Psi2.
Proof.
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  destruct (list_eq_dec Nat.eq_dec (others M d) []) as [E|Hne].
  - unfold mean_over_alternatives. rewrite E. simpl (Sum [] _). rewrite Rmult_0_r, exp_0.
    right. rewrite <- (expect_const M _ _ St T [] 1 H0). apply (expect_live_ext M _ _ St); [exact H0|].
    intros h Hh. rewrite (no_alternatives h E Hh). unfold Rdiv. rewrite Rmult_0_l. apply exp_0.
  - pose proof (alternatives_pos Hne) as Hn.
    eapply Rle_trans; [|apply (exponential_moment 2 (1 / 8) (8 / 3) ltac:(lra) Psi2_lemma T Hne)].
    apply (expect_le M _ _ St); [exact H0|]. intros h Hh.
    assert (theta_G h <= path_sum (fun h => theta M h * ∑ i ∈ others M d, gain 2 i h) h) as L.
    { apply (path_sum_le M WF d Re); [exact Hh|]. intros g Hg.
      apply Rmult_le_compat_l; [apply theta_nonneg, WF|exact (G_le_payments M WF d Re g Hg)]. }
    apply (Rmult_le_compat_l (1 / 8 / alternatives M d)) in L.
    + replace (theta_G h / (8 * alternatives M d)) with (1 / 8 / alternatives M d * theta_G h) by (field; lra).
      destruct L as [L|L]; [left; apply exp_increasing, L|right; rewrite L; reflexivity].
    + left. apply Rdiv_lt_0_compat; lra.
Qed.

Lemma cubes_le_theta_G h : live M d h -> cubes M h <= theta_G h.
Proof.
  intros Hh. apply (path_sum_le M WF d Re); [exact Hh|]. intros g Hg.
  pose proof (Rmult_le_compat_l _ _ _ (theta_nonneg M WF g) (theta_le_G M WF d Re g Hg)). lra.
Qed.

Lemma cubes_grow h s : cubes M h <= cubes M (s :: h).
Proof. unfold cubes. cbn [path_sum]. pose proof (pow_le _ 3 (theta_nonneg M WF h)). lra. Qed.

Lemma ever_cubes c h : ever (fun h => Rleb c (cubes M h)) h = true -> c <= cubes M h.
Proof.
  induction h as [|s h IH]; cbn [ever]; [apply Rleb_true|]. rewrite orb_true_iff, Rleb_true.
  intros [H|H]; [exact H|]. pose proof (cubes_grow h s). specialize (IH H). lra.
Qed.

(** T6: the probability that the query cubes ever reach [c], by any time [T]. *)
Theorem T6_cubes_tail T c : 0 <= c ->
  E_i M T (fun h => indicator (ever (fun h => Rleb c (path_sum (fun h => theta M h ^ 3) h)) h))
  <= mean_over_alternatives M d Psi2 * exp (- (c / (8 * alternatives M d))).
Proof.
  intros Hc. set (n := alternatives M d).
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  apply Rle_trans with (exp (- (c / (8 * n))) * E_i M T (fun h => exp (theta_G h / (8 * n)))); cycle 1.
  { rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply exp_pos|apply T6_exponential_moment]. }
  unfold E_i. rewrite <- expect_scal. apply (expect_le M _ _ St); [exact H0|]. intros h Hh.
  rewrite <- exp_plus. unfold indicator. destruct (ever _ h) eqn:E; [|left; apply exp_pos].
  apply ever_cubes in E. pose proof (cubes_le_theta_G h Hh) as L.
  rewrite <- exp_0. replace (- (c / (8 * n)) + theta_G h / (8 * n)) with ((theta_G h - c) * / (8 * n))
    by (unfold Rdiv; ring).
  assert (0 <= (theta_G h - c) * / (8 * n)) as [Hp|Hp]; [|left; apply exp_increasing, Hp|rewrite <- Hp; lra].
  destruct (list_eq_dec Nat.eq_dec (others M d) []) as [En|Hne].
  - rewrite (no_alternatives h En Hh) in *. replace (0 - c) with 0 by lra. lra.
  - apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. pose proof (alternatives_pos Hne). unfold n. lra.
Qed.

Lemma cubes_tail T c : 0 <= c ->
  E_i M T (fun h => indicator (Rleb c (cubes M h)))
  <= mean_over_alternatives M d Psi2 * exp (- (c / (8 * alternatives M d))).
Proof.
  intros Hc. eapply Rle_trans; [|apply (T6_cubes_tail T c Hc)].
  apply (expect_le M _ _ (imitator_stochastic_always M WF)); [exact I|]. intros h _.
  fold (cubes M). unfold indicator. destruct (Rleb c (cubes M h)) eqn:E; [|destruct (ever _ h); lra].
  replace (ever _ h) with true; [lra|]. symmetry. destruct h; [exact E|]. cbn [ever].
  apply orb_true_iff. left. exact E.
Qed.

(** In T0, [S / c] may be replaced by this. *)
Theorem T6_events (Blind : query_blind M) T B c e : alpha M < 1 -> 0 < c -> e ^ 3 = INR T ^ 2 * c ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
    + (mean_over_alternatives M d Psi2 * exp (- (c / (8 * alternatives M d))) + P_d_event M T B * exp e).
Proof.
  intros Ha Hc He. apply events_from_cubes with (c := c); try assumption.
  eapply Rle_trans; [|apply (cubes_tail T c); lra].
  apply (expect_le M _ _ (imitator_stochastic_always M WF)); [exact I|]. intros h _.
  destruct (Rle_dec (cubes M h) c) as [H|H]; [destruct (Rleb _ _); simpl; lra|].
  replace (Rleb c (cubes M h)) with true; [simpl; lra|]. symmetry. apply Rleb_true. lra.
Qed.

(** Queries come at most twice as fast as [theta]: [E 2^queries e^(- sum theta) <= 1]. *)
Lemma queries_moment T : E_i M T (fun h => exp (queries h * ln 2 - path_sum (theta M) h)) <= 1.
Proof.
  pose proof (imitator_stochastic_always M WF) as St.
  pose proof (multiplicative_bound M _ _ St T (fun h => exp (queries h * ln 2)) (fun h => - theta M h) I) as P.
  simpl in P. rewrite Rmult_0_l, exp_0 in P. eapply Rle_trans; [|apply P].
  - right. apply expect_ext. intros h. rewrite <- exp_plus. f_equal.
    assert (path_sum (fun h => - theta M h) h = - path_sum (theta M) h) as ->; [|ring].
    induction h as [|s h IH]; simpl; [ring|rewrite IH; ring].
  - intros h _. rewrite Ropp_involutive.
    rewrite (imitator_kernel_step M WF h (fun q _ => exp ((queries h + (if q then 1 else 0)) * ln 2))).
    rewrite !Sum_scal_r. rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). rewrite Rplus_0_r.
    replace ((queries h + 1) * ln 2) with (queries h * ln 2 + ln 2) by ring.
    rewrite exp_plus, (exp_ln 2) by lra. pose proof (exp_ineq1_le (theta M h)) as He.
    pose proof (exp_pos (queries h * ln 2)) as Hp.
    apply (Rmult_le_compat_r (exp (queries h * ln 2))) in He; lra.
Qed.

(** T6: the number of queries; [e = T^(2/3) c^(1/3)]. *)
Theorem T6_query_count T c e del : 0 <= c -> 0 < del -> e ^ 3 = INR T ^ 2 * c ->
  E_i M T (fun h => indicator (Rleb ((e + ln (1 / del)) / ln 2) (queries h)))
  <= mean_over_alternatives M d Psi2 * exp (- (c / (8 * alternatives M d))) + del.
Proof.
  intros Hc Hd He. pose proof (cubes_tail T c Hc) as HT. pose proof (queries_moment T) as HQ.
  apply (Rmult_le_compat_l del) in HQ; [|lra]. rewrite Rmult_1_r in HQ.
  apply Rle_trans with (E_i M T (fun h => indicator (Rleb c (cubes M h)))
    + del * E_i M T (fun h => exp (queries h * ln 2 - path_sum (theta M) h))); [|lra].
  unfold E_i. rewrite <- expect_scal, <- expect_plus.
  apply (expect_le_at M _ _ (imitator_stochastic_always M WF)); [exact I|]. intros h _ Hl. rewrite Nat.add_0_r in Hl.
  assert (0 <= del * exp (queries h * ln 2 - path_sum (theta M) h)) as Hpos.
  { apply Rmult_le_pos; [lra|left; apply exp_pos]. }
  unfold indicator. destruct (Rleb c (cubes M h)) eqn:Ec; [destruct (Rleb _ (queries h)); lra|].
  destruct (Rleb _ (queries h)) eqn:Eq; [|lra]. apply Rleb_true in Eq.
  assert (Hlt : cubes M h < c).
  { apply Rnot_le_lt. intros H. apply Rleb_true in H. congruence. }
  assert (H0c : 0 < c).
  { eapply Rle_lt_trans; [|exact Hlt]. clear - WF. unfold cubes. induction h as [|s h IH]; cbn [path_sum]; [lra|].
    pose proof (pow_le _ 3 (theta_nonneg M WF h)). lra. }
  assert (Hth : path_sum (theta M) h <= e).
  { apply (theta_sum_le M WF h c e H0c); [rewrite Hl; exact He|]. fold (cubes M h). lra. }
  assert (H2 : 0 < ln 2) by (rewrite <- ln_1; apply ln_increasing; lra).
  apply (Rmult_le_compat_r (ln 2)) in Eq; [|lra]. unfold Rdiv at 1 in Eq.
  rewrite Rmult_assoc, Rinv_l, Rmult_1_r in Eq by lra.
  assert (exp (ln (1 / del)) <= exp (queries h * ln 2 - path_sum (theta M) h)) as L.
  { destruct (Rle_lt_or_eq_dec (ln (1 / del)) (queries h * ln 2 - path_sum (theta M) h)) as [H|H]; [lra| |].
    - left. apply exp_increasing, H.
    - rewrite H. lra. }
  rewrite exp_ln in L by (apply Rdiv_lt_0_compat; lra).
  apply (Rmult_le_compat_l del) in L; [|lra]. replace (del * (1 / del)) with 1 in L by (field; lra). lra.
Qed.
End Tails.
