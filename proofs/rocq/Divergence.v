(** T4: the guarded imitator, its divergence from the demonstrator, and [E_g sum k <= sqrt(T S)].
    The marginalisation over [q] is in [variational]: the inequality is proved for every function of the
    action-observation sequence, by induction on the horizon. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention.
Import ListNotations.
Open Scope R_scope.

(** The action-observation sequence of a history, latest first. *)
Definition strip {A O} (h : history A O) : list (A * O) := map (fun s => (act s, obs s)) h.

(** R2: the demonstrator and the environment see actions and observations, not [q]. *)
Record query_blind {A O} (M : model A O) : Prop := {
  demo_blind : forall h h' a, strip h = strip h' -> demo M h a = demo M h' a;
  env_blind : forall h h' a o, strip h = strip h' -> env M h a o = env M h' a o
}.

Section Guarded.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.

(** The imitator until the demonstrator first leaves the top set, the demonstrator from then on. *)
Definition guarded_kernel (h : history A O) (s : step A O) : R :=
  if ever (out M d) h then demo_kernel M h s else imitator_kernel M h s.

Definition E_g (T : nat) (f : history A O -> R) : R := expect M guarded_kernel T [] f.

(** The guarded law of the next action, and the step divergence [k]. *)
Definition guarded_action (h : history A O) (a : A) : R :=
  if ever (out M d) h then demo M h a else imitator M h a + theta M h * demo M h a.

Definition step_divergence (h : history A O) : R :=
  ∑ a ∈ actions M, guarded_action h a * ln (guarded_action h a / demo M h a).

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
Definition while_in (f : history A O -> R) (h : history A O) : R :=
  if ever (out M d) h then 0 else f h.

Lemma while_in_zero (K : kernel) T h f :
  ever (out M d) h = true -> expect M K T h (while_in f) = 0.
Proof.
  revert h. induction T as [|T IH]; intros h E; simpl; [unfold while_in; rewrite E; reflexivity|].
  apply Sum_all_zero. intros s _. rewrite IH; [ring|]. simpl. rewrite E. apply orb_true_r.
Qed.

Theorem laws_agree T f : E_g T (while_in f) = E_i M T (while_in f).
Proof.
  unfold E_g, E_i. generalize (@nil (step A O)) as h. induction T as [|T IH]; intros h; [reflexivity|].
  destruct (ever (out M d) h) eqn:E; [rewrite !while_in_zero by exact E; reflexivity|].
  simpl. apply Sum_ext. intros s _. rewrite IH. unfold guarded_kernel. rewrite E. reflexivity.
Qed.

(** The chi-squared divergence of the guarded law of the next action from the demonstrator's; like the
    step divergence, 0 once the demonstrator has left the top set. *)
Definition step_chi_squared : history A O -> R := while_in (fun h => G M h - theta M h ^ 2).

Lemma step_divergence_le_chi_squared h : step_divergence h <= step_chi_squared h.
Proof.
  unfold step_divergence, step_chi_squared, while_in, guarded_action.
  destruct (ever (out M d) h) eqn:Ev.
  { rewrite Sum_all_zero; [lra|]. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; ring|].
    unfold Rdiv. rewrite Rinv_r by exact E. rewrite ln_1. ring. }
  apply not_ever_in_top in Ev. pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  set (x := fun a => 1 - imitator M h a / demo M h a).
  set (C := ∑ a ∈ actions M, demo M h a * x a ^ 2).
  assert (Hpx : forall a, demo M h a * x a = demo M h a - imitator M h a).
  { intros a. pose proof (imitator_le_demo h a Ev). pose proof (imitator_nonneg M WF h a).
    unfold x. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E in *; lra|field; exact E]. }
  assert (Hsx : ∑ a ∈ (actions M), demo M h a * x a = t).
  { rewrite (Sum_ext _ _ _ (fun a _ => Hpx a)), Sum_minus.
    rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). unfold t. ring. }
  assert (Hx01 : forall a, demo M h a <> 0 -> 0 <= x a <= 1).
  { intros a E. pose proof (imitator_le_demo h a Ev). pose proof (imitator_nonneg M WF h a).
    pose proof (demo_nonneg M WF h a). pose proof (Hpx a). assert (0 < demo M h a) by lra.
    split; [apply (Rmult_le_reg_l (demo M h a))|apply (Rmult_le_reg_l (demo M h a))]; lra. }
  assert (HCG : C <= G M h).
  { apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    destruct (imitator_attained M h a) as (i & Hi & Em); [intros E'; rewrite E' in Ev; destruct Ev|].
    apply Rle_trans with (shortfall M i h a ^ 2).
    - right. unfold shortfall. f_equal. rewrite <- Em. fold (x a). rewrite Rmax_right; [reflexivity|apply Hx01, E].
    - apply max_list_ge. apply (in_map (fun i => shortfall M i h a ^ 2)), Hi. }
  assert (Hk : ∑ a ∈ (actions M), (imitator M h a + t * demo M h a) * ln ((imitator M h a + t * demo M h a) / demo M h a)
               <= C - t ^ 2).
  { apply Rle_trans with (∑ a ∈ (actions M), (demo M h a * (t + t ^ 2) + (- 1 - 2 * t) * (demo M h a * x a)
                                            + demo M h a * x a ^ 2)).
    - apply Sum_le. intros a _.
      assert (Hq : imitator M h a + t * demo M h a = demo M h a * (1 + t - x a)).
      { pose proof (Hpx a). lra. }
      rewrite Hq. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
      replace (demo M h a * (1 + t - x a) / demo M h a) with (1 + t - x a) by (field; exact E).
      pose proof (demo_nonneg M WF h a) as Hp. specialize (Hx01 a E).
      destruct (Req_dec (1 + t - x a) 0) as [E1|E1].
      + rewrite E1. assert (x a = 1 + t) as -> by lra. right. ring.
      + assert (0 < 1 + t - x a) as Hpos by lra. pose proof (ln_le_minus_1 _ Hpos) as L.
        apply Rle_trans with (demo M h a * (1 + t - x a) * (1 + t - x a - 1)).
        * apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|exact L].
        * right. ring.
    - right. rewrite !Sum_plus, Sum_scal_r, Sum_scal, Hsx. fold C.
      rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). ring. }
  lra.
Qed.

(** While the demonstrator is in the top set, [G <= theta]: shortfalls are at most 1. *)
Lemma G_le_theta h : In d (top M h) -> G M h <= theta M h.
Proof.
  intros Hin. apply Rle_trans with (∑ a ∈ actions M, (demo M h a - imitator M h a)).
  - apply Sum_le. intros a _. pose proof (imitator_le_demo h a Hin). pose proof (imitator_nonneg M WF h a).
    pose proof (demo_nonneg M WF h a). destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E in *; lra|].
    assert (Hp : 0 < demo M h a) by lra.
    replace (demo M h a - imitator M h a) with (demo M h a * (1 - imitator M h a / demo M h a)) by (field; exact E).
    assert (Hx : 0 <= 1 - imitator M h a / demo M h a).
    { apply (Rmult_le_reg_l (demo M h a)); [exact Hp|]. rewrite Rmult_0_r.
      replace (demo M h a * (1 - imitator M h a / demo M h a)) with (demo M h a - imitator M h a) by (field; exact E).
      lra. }
    apply Rmult_le_compat_l; [lra|]. apply max_list_le; [exact Hx|].
    intros y Hy. apply in_map_iff in Hy. destruct Hy as (i & <- & Hi).
    assert (Hm : 0 <= member M i h a / demo M h a).
    { apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Hp].
      apply (member_semimeasure M WF). apply (top_member M WF i h Hi). }
    assert (Hle : imitator M h a / demo M h a <= member M i h a / demo M h a).
    { apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hp|apply imitator_le, Hi]. }
    unfold shortfall. apply Rle_trans with (Rmax 0 (1 - member M i h a / demo M h a)); [|apply Rmax_lub; lra].
    assert (0 <= Rmax 0 (1 - member M i h a / demo M h a)) by apply Rmax_l.
    assert (Rmax 0 (1 - member M i h a / demo M h a) <= 1) by (apply Rmax_lub; lra). nra.
  - rewrite Sum_minus. rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = _). lra.
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

(** T4, its last inequality. *)
Theorem T4_chi_squared T : E_g T (path_sum step_chi_squared) <= sqrt (INR T * S_bound M d).
Proof.
  pose proof (imitator_stochastic M WF d Re) as Si. pose proof (live_start M WF d Re) as H0.
  assert (Hin : E_i M T (path_sum (while_in (fun h => theta M h * G M h))) <= S_bound M d).
  { eapply Rle_trans; [|apply (T1_theta_G M WF d Re T)]. apply (E_i_path_sum_le M WF d Re).
    intros h Hh. unfold while_in. destruct (ever _ h); [|lra]. apply Rmult_le_pos; [apply theta_nonneg, WF|].
    eapply Rle_trans; [|apply (theta_le_G M WF d Re h Hh)]. apply pow2_ge_0. }
  assert (HS : 0 <= S_bound M d).
  { rewrite <- (Phi_start M d). apply (Phi_nonneg M WF d). exact H0. }
  apply sqrt_from_all_c; [exact HS|apply pos_INR|]. intros c Hc.
  unfold E_g. rewrite (expect_path_sum M _ _ guarded_stochastic) by exact I.
  unfold E_i in Hin. rewrite (expect_path_sum M _ _ Si) in Hin by exact H0.
  apply Rle_trans with (∑ t ∈ (seq 0 T),
     (/ (2 * c) * expect M (imitator_kernel M) t [] (while_in (fun h => theta M h * G M h)) + c / 2)).
  - apply Sum_le. intros t _.
    pose proof (laws_agree t (fun h => theta M h * G M h)) as Ag. unfold E_g, E_i in Ag. rewrite <- Ag.
    rewrite <- expect_scal.
    rewrite <- (expect_const M guarded_kernel _ guarded_stochastic t [] (c / 2) I).
    rewrite <- expect_plus. apply (expect_le M _ _ guarded_stochastic); [exact I|]. intros h _.
    eapply Rle_trans; [apply (step_chi_squared_bound h c Hc)|]. right. field. lra.
  - rewrite Sum_plus, Sum_scal, Sum_const, seq_length.
    set (W := ∑ t ∈ (seq 0 T), expect M (imitator_kernel M) t [] (while_in (fun h => theta M h * G M h))) in *.
    assert (/ (2 * c) * W <= / (2 * c) * S_bound M d).
    { apply Rmult_le_compat_l; [left; apply Rinv_0_lt_compat; lra|exact Hin]. }
    replace ((S_bound M d / c + c * INR T) / 2) with (/ (2 * c) * S_bound M d + INR T * (c / 2)) by (field; lra).
    lra.
Qed.

(** T4, both together. *)
Theorem T4_step_divergences T :
  E_g T (path_sum step_divergence) <= sqrt (INR T * S_bound M d).
Proof. eapply Rle_trans; [apply T4_divergences_chi_squared|apply T4_chi_squared]. Qed.
End Guarded.
