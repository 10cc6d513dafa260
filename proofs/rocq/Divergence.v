(** T4: the guarded imitator, its divergence from the demonstrator, and [E_g sum k <= sqrt(T S)].
    The marginalisation over [q] is in [variational]: the inequality is proved for every function of the
    action-observation sequence, by induction on the horizon. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention.
Import ListNotations.
Open Scope R_scope.

Section Guarded.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.

Notation guarded_kernel := (guarded_kernel M d).
Notation E_g := (E_g M d).
Notation guarded_action := (guarded_action M d).
Notation step_divergence := (step_divergence M d).
Notation while_in := (while_in M d).
Notation step_chi_squared := (step_chi_squared M d).

Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.

Let Hd : (d < size M)%nat := demo_index M d Re.

Lemma guarded_kernel_nonneg h s : 0 <= guarded_kernel h s.
Proof.
  unfold guarded_kernel. destruct (ever _ h); [|apply imitator_kernel_nonneg, WF].
  unfold demo_kernel. apply Rmult_le_pos; [|apply env_nonneg, WF].
  destruct (queried s); [apply demo_nonneg, WF|lra].
Qed.

Lemma guarded_stochastic : stochastic M guarded_kernel (fun _ => True).
Proof.
  split; auto.
  - intros; apply guarded_kernel_nonneg.
  - intros h _. unfold guarded_kernel. destruct (ever (out M d) h).
    + apply (kernel_total M _ _ (demo_stochastic M WF)); exact I.
    + apply imitator_kernel_total, WF.
Qed.

Lemma guarded_live : stochastic M guarded_kernel (live M d).
Proof.
  split.
  - intros; apply guarded_kernel_nonneg.
  - intros h _. apply (kernel_total M _ _ guarded_stochastic). exact I.
  - intros h s Hh _ Hs. apply (live_preserved M WF d Re); [exact Hh|]. intros Hq E. apply Hs.
    unfold guarded_kernel, demo_kernel, imitator_kernel. rewrite Hq, E. destruct (ever _ h); ring.
Qed.

(** A sum over steps of a function of action and observation. *)
Lemma demo_kernel_ao h (u : A -> O -> R) :
  ∑ s ∈ steps M, demo_kernel M h s * u (act s) (obs s)
  = ∑ a ∈ actions M, ∑ o ∈ observations M, demo M h a * env M h a o * u a o.
Proof.
  rewrite Sum_steps. unfold demo_kernel. simpl.
  rewrite (Sum_all_zero (actions M) (fun a => ∑ o ∈ observations M, 0 * env M h a o * u a o)).
  - ring.
  - intros a _. apply Sum_all_zero. intros; ring.
Qed.

Lemma guarded_kernel_ao h (u : A -> O -> R) :
  ∑ s ∈ steps M, guarded_kernel h s * u (act s) (obs s)
  = ∑ a ∈ actions M, ∑ o ∈ observations M, guarded_action h a * env M h a o * u a o.
Proof.
  unfold guarded_kernel, guarded_action. destruct (ever (out M d) h).
  - apply demo_kernel_ao.
  - rewrite Sum_steps. unfold imitator_kernel. simpl. rewrite <- Sum_plus. apply Sum_ext; intros a _.
    rewrite <- Sum_plus. apply Sum_ext; intros. ring.
Qed.

Lemma guarded_action_nonneg h a : 0 <= guarded_action h a.
Proof.
  unfold guarded_action. pose proof (demo_nonneg M WF h a). destruct (ever _ h); [assumption|].
  pose proof (imitator_nonneg M WF h a). pose proof (theta_nonneg M WF h).
  assert (0 <= theta M h * demo M h a) by (apply Rmult_le_pos; assumption). lra.
Qed.

Lemma guarded_action_sum h : ∑ a ∈ actions M, guarded_action h a = 1.
Proof.
  unfold guarded_action. destruct (ever _ h); [apply demo_sum, WF|].
  rewrite Sum_plus, Sum_scal. rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
  rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). ring.
Qed.

Lemma not_ever_in_top h : ever (out M d) h = false -> In d (top M h).
Proof.
  intros E. assert (out M d h = false) as Eo.
  { destruct h; simpl in E; [exact E|]. apply orb_false_iff in E. tauto. }
  unfold out in Eo. apply negb_false_iff in Eo. apply in_top_true, Eo.
Qed.

Lemma imitator_le_demo h a : In d (top M h) -> imitator M h a <= demo M h a.
Proof. intros Hin. rewrite <- (demo_is_member M d Re). apply imitator_le, Hin. Qed.

Lemma guarded_action_continuous h a : demo M h a = 0 -> guarded_action h a = 0.
Proof.
  intros E. unfold guarded_action. destruct (ever (out M d) h) eqn:Ev; [exact E|].
  apply not_ever_in_top in Ev. pose proof (imitator_le_demo h a Ev).
  pose proof (imitator_nonneg M WF h a). rewrite E in *. lra.
Qed.

(** ** The variational bound *)
Hypothesis Blind : query_blind M.

Fixpoint divergence_from (T : nat) (h : history A O) : R :=
  match T with
  | 0%nat => 0
  | S T' => step_divergence h + ∑ s ∈ steps M, guarded_kernel h s * divergence_from T' (s :: h)
  end.

Lemma divergence_from_path T h :
  expect M guarded_kernel T h (path_sum step_divergence)
  = path_sum step_divergence h + divergence_from T h.
Proof.
  revert h. induction T as [|T IH]; intros h; simpl; [ring|].
  transitivity (∑ s ∈ (steps M), (guarded_kernel h s * (path_sum step_divergence h + step_divergence h)
     + guarded_kernel h s * divergence_from T (s :: h))).
  - apply Sum_ext. intros s _. rewrite IH. simpl. ring.
  - rewrite Sum_plus, Sum_scal_r.
    rewrite (kernel_total M _ _ guarded_stochastic h I : Sum (steps M) (guarded_kernel h) = 1). ring.
Qed.

Lemma expect_demo_blind T h h' (v : list (A * O) -> R) : strip h = strip h' ->
  expect M (demo_kernel M) T h (fun g => v (strip g)) = expect M (demo_kernel M) T h' (fun g => v (strip g)).
Proof.
  revert h h'. induction T as [|T IH]; intros h h' E; simpl; [congruence|].
  apply Sum_ext. intros s _. f_equal.
  - unfold demo_kernel. rewrite (demo_blind M Blind h h' _ E), (env_blind M Blind h h' _ _ E). reflexivity.
  - apply IH. unfold strip in *. simpl. congruence.
Qed.

Lemma expect_demo_pos T h f : (forall g, 0 < f g) -> 0 < expect M (demo_kernel M) T h f.
Proof.
  intros Hf. revert h. induction T as [|T IH]; intros h; simpl; [apply Hf|].
  pose proof (demo_stochastic M WF) as St.
  destruct (Sum_pos_term (steps M) (demo_kernel M h)) as (s & Hs & Hp).
  - intros s Hs. apply (kernel_nonneg M _ _ St); [exact I|exact Hs].
  - rewrite (kernel_total M _ _ St h I : Sum (steps M) (demo_kernel M h) = 1). lra.
  - apply Rlt_le_trans with (demo_kernel M h s * expect M (demo_kernel M) T (s :: h) f).
    + apply Rmult_lt_0_compat; auto.
    + apply (Sum_term_le (steps M) (fun s => demo_kernel M h s * expect M (demo_kernel M) T (s :: h) f));
        [exact Hs|]. intros s' Hs'. apply Rmult_le_pos; [|left; auto].
      apply (kernel_nonneg M _ _ St); [exact I|exact Hs'].
Qed.

(** One step: [E_ga ln U <= k + ln E_p U]. *)
Lemma variational_step h (U : A -> O -> R) : (forall a o, 0 < U a o) ->
  ∑ a ∈ actions M, ∑ o ∈ observations M, guarded_action h a * env M h a o * ln (U a o)
  <= step_divergence h
     + ln (∑ a ∈ actions M, ∑ o ∈ observations M, demo M h a * env M h a o * U a o).
Proof.
  intros HU. set (Z := ∑ a ∈ actions M, ∑ o ∈ observations M, demo M h a * env M h a o * U a o).
  assert (HZ : 0 < Z).
  { unfold Z. rewrite <- demo_kernel_ao.
    assert (0 < expect M (demo_kernel M) 1 h (fun g => match g with [] => 1 | s :: _ => U (act s) (obs s) end)) as Hp.
    { apply expect_demo_pos. intros [|s g]; [lra|apply HU]. }
    exact Hp. }
  apply Rle_trans with (∑ a ∈ actions M, (guarded_action h a * ln (guarded_action h a / demo M h a)
     + guarded_action h a * (ln Z - 1)
     + / Z * ∑ o ∈ observations M, demo M h a * env M h a o * U a o)).
  - apply Sum_le. intros a _. set (g := guarded_action h a). set (p := demo M h a).
    replace (g * ln (g / p) + g * (ln Z - 1)) with (∑ o ∈ (observations M), (g * (ln (g / p) + ln Z - 1)) * env M h a o)
      by (rewrite (Sum_env M WF); ring).
    rewrite <- Sum_scal, <- Sum_plus. apply Sum_le. intros o _.
    pose proof (env_nonneg M WF h a o) as Hm. set (m := env M h a o) in *.
    pose proof (guarded_action_nonneg h a) as Hg. fold g in Hg. pose proof (demo_nonneg M WF h a) as Hp. fold p in Hp.
    specialize (HU a o). set (u := U a o) in *.
    destruct (Req_dec g 0) as [E|E].
    + rewrite E. rewrite !Rmult_0_l, Rplus_0_l. apply Rmult_le_pos; [left; apply Rinv_0_lt_compat, HZ|].
      apply Rmult_le_pos; [apply Rmult_le_pos; assumption|lra].
    + assert (Hp0 : 0 < p).
      { destruct Hp as [|Hp]; [assumption|]. exfalso. apply E. unfold g.
        apply guarded_action_continuous. symmetry; exact Hp. }
      assert (Hg0 : 0 < g) by lra.
      assert (Hr : 0 < p * u / (Z * g)).
      { apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; assumption|].
        apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption. }
      pose proof (ln_le_minus_1 _ Hr) as L.
      assert (ln (p * u / (Z * g)) = ln u - ln Z - ln (g / p)) as EL.
      { unfold Rdiv. rewrite !ln_mult, !ln_Rinv, ?ln_mult; try lra;
          repeat apply Rmult_lt_0_compat; try apply Rinv_0_lt_compat; try apply Rmult_lt_0_compat; assumption. }
      rewrite EL in L.
      assert (Hgm : 0 <= g * m) by (apply Rmult_le_pos; assumption).
      pose proof (Rmult_le_compat_l (g * m) _ _ Hgm L) as L'.
      replace (g * m * (p * u / (Z * g) - 1)) with (/ Z * (p * m * u) - g * m) in L' by (field; lra).
      lra.
  - right. rewrite !Sum_plus, Sum_scal_r, Sum_scal. fold Z.
    rewrite (guarded_action_sum h : Sum (actions M) (guarded_action h) = 1).
    unfold step_divergence. field. lra.
Qed.

(** [E_g ln v <= E_g sum k + ln E_d v] for every positive function [v] of the action-observation sequence. *)
Theorem variational T (v : list (A * O) -> R) : (forall x, 0 < v x) ->
  E_g T (fun h => ln (v (strip h)))
  <= E_g T (path_sum step_divergence) + ln (E_d M T (fun h => v (strip h))).
Proof.
  intros Hv. unfold E_g at 2. rewrite divergence_from_path. simpl (path_sum _ []). rewrite Rplus_0_l.
  unfold E_g, E_d. generalize (@nil (step A O)) as h. induction T as [|T IH]; intros h; [simpl; lra|].
  set (U := fun a o => expect M (demo_kernel M) T (Step true a o :: h) (fun g => v (strip g))).
  assert (HUs : forall s, expect M (demo_kernel M) T (s :: h) (fun g => v (strip g)) = U (act s) (obs s)).
  { intros s. apply expect_demo_blind. reflexivity. }
  assert (HU : forall a o, 0 < U a o) by (intros; apply expect_demo_pos; intros; apply Hv).
  cbn [expect divergence_from].
  apply Rle_trans with (∑ s ∈ steps M, (guarded_kernel h s * divergence_from T (s :: h)
      + guarded_kernel h s * ln (U (act s) (obs s)))).
  - apply Sum_le. intros s _. rewrite <- Rmult_plus_distr_l, <- HUs.
    apply Rmult_le_compat_l; [apply guarded_kernel_nonneg|apply IH].
  - rewrite Sum_plus, (guarded_kernel_ao h (fun a o => ln (U a o))).
    pose proof (variational_step h U HU) as V. rewrite <- (demo_kernel_ao h U) in V.
    rewrite (Sum_ext (steps M) (fun s => demo_kernel M h s * U (act s) (obs s))
      (fun s => demo_kernel M h s * expect M (demo_kernel M) T (s :: h) (fun g => v (strip g)))) in V
      by (intros; rewrite HUs; reflexivity).
    lra.
Qed.

(** ** The bound on the step divergences *)

(** The two laws agree until the demonstrator leaves the top set. *)
(** ... as far as anything that stays as it is from then on. *)
Lemma laws_agree_stopped T f :
  (forall h s, ever (out M d) h = true -> f (s :: h) = f h) -> E_g T f = E_i M T f.
Proof.
  intros Hf. assert (Frozen : forall K, stochastic M K (fun _ => True) -> forall T h,
    ever (out M d) h = true -> expect M K T h f = f h).
  { intros K St T'. induction T' as [|T' IH]; intros h E; [reflexivity|]. simpl.
    rewrite (Sum_ext (steps M) _ (fun s => K h s * f h)).
    - rewrite Sum_scal_r. rewrite (kernel_total M _ _ St h I : Sum (steps M) (K h) = 1). ring.
    - intros s _. rewrite IH, Hf; [reflexivity|exact E|]. simpl. rewrite E. apply orb_true_r. }
  unfold E_g, E_i. generalize (@nil (step A O)) as h. induction T as [|T IH]; intros h; [reflexivity|].
  destruct (ever (out M d) h) eqn:E.
  - rewrite !Frozen; [reflexivity|apply imitator_stochastic_always, WF|exact E|exact guarded_stochastic|exact E].
  - simpl. apply Sum_ext. intros s _. rewrite IH. unfold guarded_kernel. rewrite E. reflexivity.
Qed.

Theorem laws_agree T f : E_g T (while_in f) = E_i M T (while_in f).
Proof.
  apply laws_agree_stopped. intros h s E. unfold while_in. simpl. rewrite E, orb_true_r. reflexivity.
Qed.

(** ** While the demonstrator is in the top set: how far the imitator's action falls short *)

Definition gap (h : history A O) (a : A) : R := 1 - imitator M h a / demo M h a.

Lemma demo_gap h a : In d (top M h) -> demo M h a * gap h a = demo M h a - imitator M h a.
Proof.
  intros Hin. pose proof (imitator_le_demo h a Hin). pose proof (imitator_nonneg M WF h a).
  unfold gap. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E in *; lra|field; exact E].
Qed.

Lemma gap_sum h : In d (top M h) -> ∑ a ∈ (actions M), demo M h a * gap h a = theta M h.
Proof.
  intros Hin. rewrite (Sum_ext _ _ _ (fun a _ => demo_gap h a Hin)), Sum_minus.
  rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
  rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). ring.
Qed.

Lemma gap_range h a : In d (top M h) -> demo M h a <> 0 -> 0 <= gap h a <= 1.
Proof.
  intros Hin E. pose proof (imitator_le_demo h a Hin). pose proof (imitator_nonneg M WF h a).
  pose proof (demo_nonneg M WF h a). pose proof (demo_gap h a Hin). assert (0 < demo M h a) by lra.
  split; apply (Rmult_le_reg_l (demo M h a)); lra.
Qed.

(** It is the largest shortfall. *)
Lemma gap_attained h a : In d (top M h) -> demo M h a <> 0 ->
  exists i, In i (top M h) /\ gap h a = shortfall M i h a.
Proof.
  intros Hin E. destruct (imitator_attained M h a) as (i & Hi & Em); [intros E'; rewrite E' in Hin; destruct Hin|].
  exists i. split; [exact Hi|]. pose proof (gap_range h a Hin E) as Hg. unfold shortfall.
  rewrite <- Em. fold (gap h a). rewrite Rmax_right; lra.
Qed.

Lemma shortfall_le_gap i h a : In d (top M h) -> demo M h a <> 0 -> In i (top M h) ->
  0 <= shortfall M i h a <= gap h a.
Proof.
  intros Hin E Hi. pose proof (gap_range h a Hin E). pose proof (demo_nonneg M WF h a).
  unfold shortfall. split; [apply Rmax_l|]. apply Rmax_lub; [lra|]. unfold gap.
  assert (imitator M h a / demo M h a <= member M i h a / demo M h a); [|lra].
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|apply imitator_le, Hi].
Qed.

Lemma G_gap h : In d (top M h) -> G M h = ∑ a ∈ actions M, demo M h a * gap h a ^ 2.
Proof.
  intros Hin. apply Sum_ext. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; ring|].
  f_equal. apply Rle_antisym.
  - apply max_list_le; [apply pow2_ge_0|]. intros y Hy. apply in_map_iff in Hy. destruct Hy as (i & <- & Hi).
    apply pow_incr. exact (shortfall_le_gap i h a Hin E Hi).
  - destruct (gap_attained h a Hin E) as (i & Hi & ->).
    apply max_list_ge. apply (in_map (fun i => shortfall M i h a ^ 2)), Hi.
Qed.

(** Gaps are at most 1, so [G <= theta]. *)
Lemma G_le_theta h : In d (top M h) -> G M h <= theta M h.
Proof.
  intros Hin. rewrite (G_gap h Hin), <- (gap_sum h Hin). apply Sum_le. intros a _.
  destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
  pose proof (gap_range h a Hin E). apply Rmult_le_compat_l; [apply demo_nonneg, WF|nra].
Qed.

(** The second moment of the likelihood ratio of the next action. *)
Lemma guarded_second_moment h :
  ∑ a ∈ actions M, guarded_action h a * (guarded_action h a / demo M h a) <= 1 + step_chi_squared h.
Proof.
  unfold step_chi_squared, while_in, guarded_action. destruct (ever (out M d) h) eqn:Ev.
  - rewrite Rplus_0_r, <- (demo_sum M WF h). apply Sum_le. intros a _.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|]. right. field. exact E.
  - apply not_ever_in_top in Ev. set (t := theta M h).
    apply Rle_trans with (∑ a ∈ actions M, ((1 + t) ^ 2 * demo M h a
      + (-2 * (1 + t)) * (demo M h a * gap h a) + demo M h a * gap h a ^ 2)).
    + apply Sum_le. intros a _. pose proof (demo_gap h a Ev) as Hq.
      replace (imitator M h a + t * demo M h a) with (demo M h a * (1 + t - gap h a)) by lra.
      destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|]. right. field. exact E.
    + rewrite !Sum_plus, !Sum_scal, (gap_sum h Ev), <- (G_gap h Ev). fold t.
      rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). right. ring.
Qed.

Lemma step_divergence_le_chi_squared h : step_divergence h <= step_chi_squared h.
Proof.
  apply Rle_trans with (∑ a ∈ actions M,
    (guarded_action h a * (guarded_action h a / demo M h a) - guarded_action h a)).
  - apply Sum_le. intros a _. set (g := guarded_action h a). set (p := demo M h a).
    pose proof (guarded_action_nonneg h a) as [Hg|Hg]; fold g in Hg; [|rewrite <- Hg; lra].
    assert (Hp : 0 < p).
    { pose proof (demo_nonneg M WF h a) as [H|H]; [exact H|]. exfalso.
      pose proof (guarded_action_continuous h a (eq_sym H)). unfold g in Hg. lra. }
    assert (Hq : 0 < g / p) by (apply Rdiv_lt_0_compat; assumption).
    pose proof (Rmult_le_compat_l g _ _ (Rlt_le _ _ Hg) (ln_le_minus_1 _ Hq)). lra.
  - rewrite Sum_minus. rewrite (guarded_action_sum h : Sum (actions M) (guarded_action h) = 1).
    pose proof (guarded_second_moment h). lra.
Qed.

Lemma step_chi_squared_bound h c : 0 < c ->
  step_chi_squared h <= (while_in (fun h => theta M h * G M h) h / c + c) / 2.
Proof.
  intros Hc. unfold step_chi_squared, while_in.
  destruct (ever (out M d) h) eqn:Ev; [unfold Rdiv; rewrite Rmult_0_l; lra|].
  apply not_ever_in_top in Ev. pose proof (G_le_theta h Ev) as HG. set (g := G M h) in *.
  assert (H0 : 0 <= g).
  { apply Sum_nonneg. intros a _. apply Rmult_le_pos; [apply demo_nonneg, WF|apply max_list_nonneg]. }
  assert (0 <= (g - c) ^ 2 / c) as Hsq.
  { apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, Hc]. }
  replace ((g - c) ^ 2 / c) with (g * g / c - 2 * g + c) in Hsq by (field; lra).
  assert (g * g / c <= theta M h * g / c).
  { apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|]. apply Rmult_le_compat_r; assumption. }
  pose proof (pow2_ge_0 (theta M h)). lra.
Qed.

Lemma sqrt_from_all_c K S T : 0 <= S -> 0 <= T ->
  (forall c, 0 < c -> K <= (S / c + c * T) / 2) -> K <= sqrt (T * S).
Proof.
  intros HS HT H. destruct (Rle_dec K 0) as [HK|HK]; [pose proof (sqrt_pos (T * S)); lra|].
  destruct HT as [HT|HT]; [destruct HS as [HS|HS]|].
  - set (s := sqrt (T * S)). assert (0 < s) by (apply sqrt_lt_R0, Rmult_lt_0_compat; assumption).
    assert (s * s = T * S) by (apply sqrt_sqrt; left; apply Rmult_lt_0_compat; assumption).
    assert (0 < s / T) as Hc by (apply Rdiv_lt_0_compat; assumption).
    specialize (H (s / T) Hc). replace (S / (s / T)) with ((T * S) / s) in H by (field; lra).
    rewrite <- H1 in H. replace (s * s / s) with s in H by (field; lra).
    replace (s / T * T) with s in H by (field; lra). lra.
  - subst S. assert (0 < K / T) as Hc by (apply Rdiv_lt_0_compat; lra). specialize (H (K / T) Hc).
    replace (K / T * T) with K in H by (field; lra). unfold Rdiv in H. rewrite Rmult_0_l in H. lra.
  - subst T. assert (0 < (S + 1) / K) as Hc by (apply Rdiv_lt_0_compat; lra). specialize (H _ Hc).
    rewrite Rmult_0_r, Rplus_0_r in H. replace (S / ((S + 1) / K)) with (K * (S / (S + 1))) in H by (field; lra).
    assert (S / (S + 1) <= 1).
    { apply (Rmult_le_reg_r (S + 1)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    assert (K * (S / (S + 1)) <= K * 1) by (apply Rmult_le_compat_l; lra). lra.
Qed.

(** T4, its middle inequality. *)
Theorem T4_divergences_chi_squared T : E_g T (path_sum step_divergence) <= E_g T (path_sum step_chi_squared).
Proof.
  unfold E_g. rewrite !(expect_path_sum M _ _ guarded_stochastic) by exact I.
  apply Sum_le. intros t _. apply (expect_le M _ _ guarded_stochastic); [exact I|].
  intros h _. apply step_divergence_le_chi_squared.
Qed.

(** What each step costs may be paid out of a sum that is bounded under the imitator's law. *)
Lemma path_sum_from_steps T f g S c : 0 < c -> E_i M T (path_sum (while_in f)) <= S ->
  (forall h, live M d h -> g h <= (while_in f h / c + c) / 2) ->
  E_g T (path_sum g) <= (S / c + c * INR T) / 2.
Proof.
  intros Hc Hin Hg. pose proof (imitator_stochastic M WF d Re) as Si. pose proof (live_start M WF d Re) as H0.
  pose proof guarded_live as Sg. unfold E_g. rewrite (expect_path_sum M _ _ Sg) by exact H0.
  unfold E_i in Hin. rewrite (expect_path_sum M _ _ Si) in Hin by exact H0.
  apply Rle_trans with (∑ t ∈ (seq 0 T), (/ (2 * c) * expect M (imitator_kernel M) t [] (while_in f) + c / 2)).
  - apply Sum_le. intros t _. pose proof (laws_agree t f) as Ag. unfold E_g, E_i in Ag. rewrite <- Ag.
    rewrite <- expect_scal, <- (expect_const M guarded_kernel _ Sg t [] (c / 2) H0), <- expect_plus.
    apply (expect_le M _ _ Sg); [exact H0|]. intros h Hh.
    eapply Rle_trans; [apply (Hg h Hh)|]. right. field. lra.
  - rewrite Sum_plus, Sum_scal, Sum_const, seq_length.
    set (W := ∑ t ∈ (seq 0 T), expect M (imitator_kernel M) t [] (while_in f)) in *.
    assert (/ (2 * c) * W <= / (2 * c) * S).
    { apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat; lra|exact Hin]. }
    replace ((S / c + c * INR T) / 2) with (/ (2 * c) * S + INR T * (c / 2)) by (field; lra). lra.
Qed.

(** T4, its last inequality. *)
Theorem T4_chi_squared T : E_g T (path_sum step_chi_squared) <= sqrt (INR T * S_bound M d).
Proof.
  pose proof (live_start M WF d Re) as H0.
  apply sqrt_from_all_c; [exact (Phi_nonneg M WF d [] H0)|apply pos_INR|]. intros c Hc.
  apply (path_sum_from_steps T (fun h => theta M h * G M h)); [exact Hc| |].
  - eapply Rle_trans; [|apply (T1_theta_G M WF d Re T)]. apply (E_i_path_sum_le M WF d Re).
    intros h Hh. unfold while_in. destruct (ever _ h); [|lra]. apply Rmult_le_pos; [apply theta_nonneg, WF|].
    eapply Rle_trans; [|apply (theta_le_G M WF d Re h Hh)]. apply pow2_ge_0.
  - intros h _. exact (step_chi_squared_bound h c Hc).
Qed.

(** T4, both together. *)
Theorem T4_step_divergences T :
  E_g T (path_sum step_divergence) <= sqrt (INR T * S_bound M d).
Proof. eapply Rle_trans; [apply T4_divergences_chi_squared|apply T4_chi_squared]. Qed.
End Guarded.
