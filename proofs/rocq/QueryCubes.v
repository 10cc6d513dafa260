(** The threshold lemma, T1 with its forms T1a, T1b, T1c, the stronger [E sum theta G <= S],
    and the infinite horizon. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma.
Import ListNotations.
Open Scope R_scope.

Section Ratios.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Variable d : nat.
Hypothesis Co : covering M d.

Let Hd : (d < size M)%nat := cover_index M d Co.

(** Step 1. *)
Theorem threshold_lemma i h : live M d h -> In i (top M h) -> tau M <= ratio M d i h.
Proof.
  intros Hlive Hi. destruct (top_member M WF i h Hi) as [Hin Hw].
  pose proof (weight_le_total M WF d h Hd) as Ht. unfold live in Hlive.
  pose proof (alpha_range M WF) as Ha. pose proof (tau_range M WF) as Htau.
  assert (Hinv : 0 < / total_weight M h) by (apply Rinv_0_lt_compat; lra).
  apply (Rmult_le_reg_r (weight M d h)); [exact Hlive|].
  unfold ratio, Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  apply In_top in Hi. destruct Hi as (l1 & l2 & E & Hpass).
  assert (Hdr : In d (ranking M h)) by (apply In_ranking; auto).
  assert (Hnn : forall j, In j (ranking M h) -> 0 <= posterior M j h).
  { intros j Hj. apply posterior_nonneg; [exact WF|]. apply (In_ranking M WF) in Hj. tauto. }
  rewrite E in Hdr, Hnn.
  pose proof (sort_sorted (fun j => posterior M j h)
    (filter (fun j => Rltb 0 (posterior M j h)) (members M))) as Hsort.
  fold (ranking M h) in Hsort. rewrite E in Hsort.
  apply (heaviest_first_split (fun j => posterior M j h)) in Hsort. destruct Hsort as [Hb Hafter].
  assert (Hcase : In d l1 \/ posterior M d h <= posterior M i h).
  { apply in_app_or in Hdr. destruct Hdr as [|[->|Hl2]]; [tauto|right; lra|right; auto]. }
  unfold posterior, Rdiv in *. destruct Hcase as [Hl1|Hle].
  - (* the demonstrator ranks before *)
    assert (Hs : weight M d h * / total_weight M h <= Sum l1 (fun j => weight M j h * / total_weight M h)).
    { apply (Sum_term_le l1 (fun j => weight M j h * / total_weight M h)); [exact Hl1|].
      intros j Hj. apply Hnn. apply in_or_app; tauto. }
    specialize (Hb d Hl1). apply Rmult_le_reg_r in Hb; [|exact Hinv].
    assert (Hp : alpha M * (weight M d h + weight M i h) <= weight M i h).
    { apply (Rmult_le_reg_r (/ total_weight M h)); [exact Hinv|].
      eapply Rle_trans; [|exact Hpass]. rewrite Rmult_assoc, Rmult_plus_distr_r.
      apply Rmult_le_compat_l; lra. }
    unfold tau. destruct (Rle_dec (alpha M) (1 / 2)).
    + apply (Rmult_le_reg_r (1 - alpha M)); [lra|].
      replace (alpha M / (1 - alpha M) * weight M d h * (1 - alpha M))
        with (alpha M * weight M d h) by (field; lra). lra.
    + (* impossible: the demonstrator is at least as heavy *) nra.
  - apply Rmult_le_reg_r in Hle; [|exact Hinv]. nra.
Qed.

Lemma threshold_scaled i h : live M d h -> In i (top M h) -> 1 <= ratio M d i h / tau M.
Proof.
  intros Hh Hi. pose proof (threshold_lemma i h Hh Hi). pose proof (tau_range M WF).
  apply (Rmult_le_reg_r (tau M)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma scaled_ratio_nonneg i h :
  (i < size M)%nat -> live M d h -> 0 <= ratio M d i h / tau M.
Proof.
  intros Hi Hh. apply Rmult_le_pos; [apply ratio_nonneg; assumption|].
  left. apply Rinv_0_lt_compat, tau_range, WF.
Qed.

(** A drop at every answer is one on average, when the factors [r] have mean at most [1 + e]. *)
Lemma average_drop h (f : R -> R) x (r pay : A -> R) c e : 0 <= c ->
  ∑ a ∈ actions M, demo M h a * r a <= 1 + e ->
  (forall a, demo M h a <> 0 -> f (x * r a) <= f x + c * (r a - 1) - pay a) ->
  ∑ a ∈ actions M, demo M h a * f (x * r a) <= f x + c * e - ∑ a ∈ actions M, demo M h a * pay a.
Proof.
  intros Hc Hm Hdrop.
  assert (Hpt : ∑ a ∈ actions M, demo M h a * f (x * r a)
    <= ∑ a ∈ actions M, (f x * demo M h a + c * (demo M h a * r a - demo M h a) - demo M h a * pay a)).
  { apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    pose proof (demo_nonneg M WF h a) as Hp.
    pose proof (Rmult_le_compat_l _ _ _ Hp (Hdrop a E)). lra. }
  rewrite Sum_minus, Sum_plus, !Sum_scal, Sum_minus in Hpt.
  rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = 1) in Hpt.
  pose proof (Rmult_le_compat_l _ _ _ Hc Hm). lra.
Qed.

(** ** Potentials that pay for what an answer shows *)

(** [(1 - r_i(a))_+], with the quotient by member [d]. *)
Definition fall (i : nat) (h : history A O) (a : A) : R := Rmax 0 (1 - member M i h a / member M d h a).

Lemma fall_quotient i h a : (i < size M)%nat -> demo M h a <> 0 ->
  0 < member M d h a /\ 0 <= member M i h a / member M d h a.
Proof.
  intros Hi E. pose proof (proj1 (member_semimeasure M WF i h Hi) a).
  assert (0 < member M d h a).
  { pose proof (proj1 (member_semimeasure M WF d h Hd) a) as [H1|H1]; [exact H1|].
    exfalso. apply E, (covers M d Co). symmetry; exact H1. }
  split; [assumption|]. apply Rmult_le_pos; [assumption|left; apply Rinv_0_lt_compat; assumption].
Qed.

(** What an answer takes from member [i], as a function [pay] of its fall; only members at the threshold pay. *)
Definition payment (pay : R -> R) (i : nat) (h : history A O) (a : A) : R :=
  if Rle_dec 1 (ratio M d i h / tau M) then pay (fall i h a) else 0.

Definition payments (pay : R -> R) (h : history A O) : R :=
  ∑ i ∈ others M d, ∑ a ∈ actions M, demo M h a * payment pay i h a.

Section Potential.
Variable pay : R -> R.
Hypothesis pay_nonneg : forall u, 0 <= u -> 0 <= pay u.

Lemma payment_nonneg i h a : 0 <= payment pay i h a.
Proof. unfold payment. destruct (Rle_dec 1 _); [apply pay_nonneg, Rmax_l|lra]. Qed.

Lemma payments_nonneg h : 0 <= payments pay h.
Proof.
  apply Sum_nonneg. intros i _. apply Sum_nonneg. intros a _.
  apply Rmult_le_pos; [apply demo_nonneg, WF|apply payment_nonneg].
Qed.

(** Every member of the top set is paid for. *)
Lemma top_payment_le i h a : pay 0 = 0 -> live M d h -> In i (top M h) -> demo M h a <> 0 ->
  pay (fall i h a) <= ∑ j ∈ others M d, payment pay j h a.
Proof.
  intros H0 Hh Hi E. destruct (Nat.eq_dec i d) as [->|Hne].
  - destruct (fall_quotient d h a Hd E) as [Hp _]. unfold fall, Rdiv. rewrite Rinv_r by lra.
    rewrite Rmax_left, H0 by lra. apply Sum_nonneg. intros; apply payment_nonneg.
  - eapply Rle_trans; [|apply (Sum_term_le (others M d) (fun j => payment pay j h a) i)].
    + unfold payment. destruct (Rle_dec 1 _) as [_|Hno]; [lra|]. exfalso. apply Hno.
      exact (threshold_scaled i h Hh Hi).
    + apply In_others. split; [|exact Hne]. apply (top_member M WF i h Hi).
    + intros; apply payment_nonneg.
Qed.

(** A potential [f] whose drop is at least the payment, up to a slope that is paid for by the mean of the factors. *)
Variables f b : R -> R.
Variables c e : R.
Hypothesis f_nonneg : forall x, 0 <= x -> 0 <= f x.
Hypothesis slopes : (forall x, 1 <= x -> 0 <= b x <= c) /\ 0 <= c /\ 0 <= e.
Hypothesis f_above : forall x r, 1 <= x -> 0 <= r -> f (x * r) <= f x + b x * (r - 1) - pay (Rmax 0 (1 - r)).
Hypothesis f_below : forall x r, 0 <= x < 1 -> 0 <= r -> f (x * r) <= f x + c * x * (r - 1).
Hypothesis mean_factor : forall i h, (i < size M)%nat ->
  ∑ a ∈ actions M, demo M h a * (member M i h a / member M d h a) <= 1 + e.

Definition potential (h : history A O) : R := ∑ i ∈ others M d, f (ratio M d i h / tau M).

Lemma potential_nonneg h : live M d h -> 0 <= potential h.
Proof.
  intros Hh. apply Sum_nonneg. intros i Hi. apply In_others in Hi. destruct Hi as [Hi _].
  exact (f_nonneg _ (scaled_ratio_nonneg i h Hi Hh)).
Qed.

Lemma member_drop i h : (i < size M)%nat -> live M d h ->
  ∑ a ∈ actions M, demo M h a * f (ratio M d i h / tau M * (member M i h a / member M d h a))
  <= f (ratio M d i h / tau M) + c * e - ∑ a ∈ actions M, demo M h a * payment pay i h a.
Proof.
  intros Hi Hh. set (x := ratio M d i h / tau M).
  assert (Hx : 0 <= x) by (apply scaled_ratio_nonneg; assumption).
  destruct slopes as (Hb & Hc & He). set (k := if Rle_dec 1 x then b x else c * x).
  assert (Hk : 0 <= k <= c).
  { unfold k. destruct (Rle_dec 1 x); [apply Hb; assumption|]. split; nra. }
  eapply Rle_trans.
  - apply (average_drop h f x (fun a => member M i h a / member M d h a) (payment pay i h) k e (proj1 Hk)).
    + apply mean_factor, Hi.
    + intros a E. pose proof (proj2 (fall_quotient i h a Hi E)) as Hr. unfold payment, k, fall. fold x.
      destruct (Rle_dec 1 x) as [H1|H1]; [exact (f_above x _ H1 Hr)|].
      pose proof (f_below x _ (conj Hx (Rnot_le_lt _ _ H1)) Hr). lra.
  - pose proof (Rmult_le_compat_r e _ _ He (proj2 Hk)). lra.
Qed.

Lemma potential_step h : live M d h ->
  ∑ s ∈ steps M, imitator_kernel M h s * potential (s :: h)
  <= potential h - theta M h * (payments pay h - c * alternatives M d * e).
Proof.
  intros Hh. pose proof (theta_nonneg M WF h) as Ht. unfold potential, payments.
  rewrite (Sum_ext (steps M) _ (fun s => ∑ i ∈ others M d,
    imitator_kernel M h s * f (ratio M d i (s :: h) / tau M))) by (intros; rewrite Sum_scal; reflexivity).
  rewrite Sum_swap.
  apply Rle_trans with (∑ i ∈ others M d, (f (ratio M d i h / tau M)
    - theta M h * (∑ a ∈ actions M, demo M h a * payment pay i h a - c * e))).
  - apply Sum_le. intros i Hi. apply In_others in Hi.
    rewrite (ratio_expectation M WF d Co i h (fun z => f (z / tau M)) Hh).
    rewrite (Sum_ext (actions M) _ (fun a => demo M h a * f (ratio M d i h / tau M * (member M i h a / member M d h a))))
      by (intros; do 2 f_equal; unfold Rdiv; ring).
    pose proof (Rmult_le_compat_l _ _ _ Ht (member_drop i h (proj1 Hi) Hh)). lra.
  - rewrite Sum_minus, Sum_scal, Sum_minus, Sum_const. unfold alternatives. lra.
Qed.

Theorem payments_bound T :
  E_i M T (path_sum (fun h => theta M h * (payments pay h - c * alternatives M d * e))) <= potential [].
Proof.
  pose proof (imitator_stochastic M WF d Co) as St. pose proof (live_start M WF d Co) as H0.
  pose proof (potential_bound M _ _ St T potential _ H0 potential_step) as P.
  pose proof (expect_nonneg M _ _ St T [] potential H0 potential_nonneg). unfold E_i. lra.
Qed.
End Potential.

(** ** The weights at the start *)

Lemma prior_others : ∑ i ∈ (others M d), prior M i <= 1 - prior M d.
Proof.
  pose proof (prior_total M WF) as H. fold (members M) in H.
  unfold others. rewrite Sum_filter.
  assert (∑ i ∈ (members M), prior M i
    = ∑ i ∈ (members M), ((if negb (Nat.eqb i d) then prior M i else 0)
                          + (if Nat.eqb i d then prior M i else 0))) as E.
  { apply Sum_ext. intros i _. destruct (Nat.eqb i d); simpl; ring. }
  rewrite Sum_plus in E.
  assert (∑ i ∈ (members M), (if Nat.eqb i d then prior M i else 0) = prior M d) as E'.
  { rewrite (Sum_eq_single (members M) _ d).
    - rewrite Nat.eqb_refl. reflexivity.
    - apply seq_NoDup.
    - apply In_members, Hd.
    - intros j _ Hj. apply Nat.eqb_neq in Hj. rewrite Hj. reflexivity. }
  rewrite E' in E. lra.
Qed.

Lemma ratio_start i : ratio M d i [] = prior M i / prior M d.
Proof. unfold ratio, weight. simpl. rewrite !Rmult_1_r. reflexivity. Qed.

Lemma ratio_others_start : ∑ i ∈ (others M d), ratio M d i [] <= 1 / prior M d - 1.
Proof.
  pose proof (prior_pos M WF d Hd) as Hw.
  rewrite (Sum_ext _ _ (fun i => prior M i * / prior M d)) by (intros; apply ratio_start).
  rewrite Sum_scal_r. pose proof prior_others.
  replace (1 / prior M d - 1) with ((1 - prior M d) * / prior M d) by (field; lra).
  apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hw|]. assumption.
Qed.

End Ratios.

Section T1.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Variable d : nat.
Hypothesis Re : realizable M d.

Let Hd : (d < size M)%nat := demo_index M d Re.

(** Step 4, [theta <= sum_a p(a) max (1 - r)_+] and Jensen. *)
Lemma theta_le_G h : live M d h -> theta M h ^ 2 <= G M h.
Proof.
  intros Hlive. pose proof (theta_nonneg M WF h) as Hth.
  pose proof (top_nonempty M WF d h Hd Hlive) as Hne.
  set (x := fun a => max_list (map (fun i => shortfall M i h a) (top M h))).
  assert (Hx : theta M h <= ∑ a ∈ actions M, demo M h a * x a).
  { unfold theta. rewrite <- (demo_sum M WF h), <- Sum_minus. apply Sum_le. intros a _.
    destruct (imitator_attained M h a Hne) as (i & Hi & ->).
    pose proof (demo_nonneg M WF h a) as Hp.
    assert (Hm : 0 <= member M i h a).
    { apply (member_semimeasure M WF). apply (top_member M WF i h Hi). }
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    apply Rle_trans with (demo M h a * shortfall M i h a).
    - unfold shortfall. apply Rle_trans with (demo M h a * (1 - member M i h a / demo M h a)).
      + right. field. exact E.
      + apply Rmult_le_compat_l; [exact Hp|apply Rmax_r].
    - apply Rmult_le_compat_l; [exact Hp|]. apply max_list_ge.
      apply (in_map (fun i => shortfall M i h a)), Hi. }
  apply Rle_trans with ((∑ a ∈ actions M, demo M h a * x a) ^ 2).
  { apply pow_incr. lra. }
  eapply Rle_trans.
  { apply Sum_square; [intros; apply demo_nonneg, WF|apply demo_sum, WF]. }
  apply Sum_le. intros a _. apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
  assert (Hin : In (x a) (0 :: map (fun i => shortfall M i h a) (top M h))).
  { unfold x. induction (map (fun i => shortfall M i h a) (top M h)) as [|y r IH]; [left; reflexivity|].
    simpl max_list. unfold Rmax at 1. destruct (Rle_dec y (max_list r)); simpl in *; tauto. }
  destruct Hin as [<-|Hin].
  - rewrite pow_ne_zero by lia. apply max_list_nonneg.
  - apply max_list_ge. apply in_map_iff in Hin. destruct Hin as (i & <- & Hi).
    apply (in_map (fun i => shortfall M i h a ^ 2)), Hi.
Qed.

Lemma shortfall_fall i h a : shortfall M i h a = fall M d i h a.
Proof. unfold shortfall, fall. rewrite (demo_is_member M d Re). reflexivity. Qed.

(** [sum_a p r <= 1]. *)
Lemma mean_ratio i h : (i < size M)%nat ->
  ∑ a ∈ actions M, demo M h a * (member M i h a / member M d h a) <= 1.
Proof.
  intros Hi. apply Rle_trans with (∑ a ∈ actions M, member M i h a).
  - apply Sum_le. intros a _. rewrite (demo_is_member M d Re). destruct (Req_dec (demo M h a) 0) as [E|E].
    + rewrite E, Rmult_0_l. apply (member_semimeasure M WF i h Hi).
    + right. field. exact E.
  - apply (member_semimeasure M WF i h Hi).
Qed.

(** [G <= sum over i of the payments]. *)
Lemma G_le_payments h : live M d h -> G M h <= payments M d (fun u => u ^ 2) h.
Proof.
  intros Hh. unfold payments. rewrite Sum_swap. apply Sum_le. intros a _. rewrite Sum_scal.
  destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
  apply Rmult_le_compat_l; [apply demo_nonneg, WF|]. apply max_list_le.
  - apply Sum_nonneg. intros. apply payment_nonneg. intros; apply pow2_ge_0.
  - intros y Hy. apply in_map_iff in Hy. destruct Hy as (i & <- & Hi). rewrite shortfall_fall.
    apply (top_payment_le M WF d Re (fun u => u ^ 2)); [intros; apply pow2_ge_0|ring|exact Hh|exact Hi|exact E].
Qed.

(** The potential of T1. *)
Notation Phi := (potential M d F).

Lemma Phi_nonneg h : live M d h -> 0 <= Phi h.
Proof. apply (potential_nonneg M WF d F F_nonneg). Qed.

(** Step 5. *)
Lemma Phi_step h : live M d h ->
  ∑ s ∈ steps M, imitator_kernel M h s * Phi (s :: h) <= Phi h - theta M h * G M h.
Proof.
  intros Hh. eapply Rle_trans.
  - apply (potential_step M WF d Re (fun u => u ^ 2) F (fun _ => 2) 3 0); [split; [intros|]; lra| | | |exact Hh].
    + intros x r Hx Hr. pose proof (drop_above x r Hx Hr). lra.
    + intros x r Hx Hr. pose proof (drop_below x r Hx Hr). lra.
    + intros i g Hi. rewrite Rplus_0_r. apply mean_ratio, Hi.
  - pose proof (Rmult_le_compat_l _ _ _ (theta_nonneg M WF h) (G_le_payments h Hh)). lra.
Qed.

(** The stronger form: [E sum_{t<T} theta G <= S]. *)
Theorem T1_theta_G T : E_i M T (path_sum (fun h => theta M h * G M h)) <= S_bound M d.
Proof.
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  pose proof (potential_bound M _ _ St T Phi (fun h => theta M h * G M h) H0 Phi_step) as P.
  pose proof (expect_nonneg M _ _ St T [] Phi H0 Phi_nonneg).
  unfold E_i. change (Phi []) with (S_bound M d) in P. lra.
Qed.

Lemma E_i_path_sum_le T f g : (forall h, live M d h -> f h <= g h) ->
  E_i M T (path_sum f) <= E_i M T (path_sum g).
Proof.
  intros H. unfold E_i.
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  rewrite !(expect_path_sum M _ _ St) by exact H0.
  apply Sum_le. intros t _. apply (expect_le M _ _ St); assumption.
Qed.

(** T1, its first inequality. *)
Theorem T1_cubes_theta_G T :
  E_i M T (path_sum (fun h => theta M h ^ 3)) <= E_i M T (path_sum (fun h => theta M h * G M h)).
Proof.
  apply E_i_path_sum_le. intros h Hh. pose proof (theta_nonneg M WF h). pose proof (theta_le_G h Hh).
  replace (theta M h ^ 3) with (theta M h * theta M h ^ 2) by ring.
  apply Rmult_le_compat_l; assumption.
Qed.

(** T1. *)
Theorem T1_query_cubes T : E_i M T (path_sum (fun h => theta M h ^ 3)) <= S_bound M d.
Proof. eapply Rle_trans; [apply T1_cubes_theta_G|apply T1_theta_G]. Qed.

(** ** Forms of the bound *)

(** [S <= S_lin] (D9). *)
Theorem S_bound_le_S_lin : S_bound M d <= S_lin M d.
Proof.
  pose proof (tau_range M WF) as Ht. unfold S_bound, S_lin.
  apply Rle_trans with (∑ i ∈ (others M d), 3 / tau M * ratio M d i []).
  - apply Sum_le. intros i Hi. apply In_others in Hi.
    eapply Rle_trans.
    + apply F_linear, scaled_ratio_nonneg; [exact WF|tauto|exact (live_start M WF d Re)].
    + right. field. lra.
  - rewrite Sum_scal. apply Rmult_le_compat_l; [|exact (ratio_others_start M WF d Re)].
    left. apply Rdiv_lt_0_compat; lra.
Qed.

(** T1a, for any [alpha]: [E sum theta^3 <= S_lin = (3/tau) (1/w_d - 1)] ... *)
Theorem T1a_S_lin T : E_i M T (path_sum (fun h => theta M h ^ 3)) <= S_lin M d.
Proof. eapply Rle_trans; [apply T1_query_cubes|apply S_bound_le_S_lin]. Qed.

(** ... which for [alpha <= 1/2] is [3 (1/alpha - 1) (1/w_d - 1)]. *)
Lemma S_lin_small_alpha : alpha M <= 1 / 2 -> S_lin M d = 3 * (1 / alpha M - 1) * (1 / prior M d - 1).
Proof.
  intros Ha. unfold S_lin, tau. pose proof (alpha_range M WF). pose proof (prior_pos M WF d Hd).
  destruct (Rle_dec (alpha M) (1 / 2)); [field; lra|lra].
Qed.

Theorem T1a_linear T : alpha M <= 1 / 2 ->
  E_i M T (path_sum (fun h => theta M h ^ 3)) <= 3 * (1 / alpha M - 1) * (1 / prior M d - 1).
Proof. intros Ha. rewrite <- (S_lin_small_alpha Ha). apply T1a_S_lin. Qed.

(** T1b. *)
Theorem S_bound_finite_class : S_bound M d <= (INR (size M) - 1) * F (max_scaled_ratio M d).
Proof.
  unfold S_bound. apply Rle_trans with (∑ i ∈ (others M d), F (max_scaled_ratio M d)).
  - apply Sum_le. intros i Hi. apply F_monotone.
    + apply scaled_ratio_nonneg; [exact WF|apply In_others in Hi; tauto|exact (live_start M WF d Re)].
    + apply max_list_ge. apply (in_map (fun i => ratio M d i [] / tau M)), Hi.
  - rewrite Sum_const. apply Rmult_le_compat_r; [apply F_nonneg, max_list_nonneg|].
    assert (INR (length (others M d)) + 1 = INR (size M)); [|lra].
    rewrite <- S_INR. f_equal. unfold others, members.
    assert (In d (seq 0 (size M))) as Hin by (apply in_seq; lia).
    pose proof (seq_NoDup (size M) 0) as Hnd. rewrite <- (seq_length (size M) 0) at 2.
    induction (seq 0 (size M)) as [|x r IH]; [destruct Hin|]. inversion Hnd; subst. simpl.
    destruct (Nat.eqb x d) eqn:E; simpl; f_equal.
    + apply Nat.eqb_eq in E. subst x. clear -H1. induction r as [|y r IH]; [reflexivity|]. simpl.
      destruct (Nat.eqb y d) eqn:E; simpl.
      * apply Nat.eqb_eq in E. subst. exfalso. apply H1. left; reflexivity.
      * f_equal. apply IH. intros H. apply H1. right; exact H.
    + apply IH; [|assumption]. destruct Hin as [<-|]; [|assumption].
      rewrite Nat.eqb_refl in E. discriminate.
Qed.

Theorem T1b_finite_class T :
  E_i M T (path_sum (fun h => theta M h ^ 3)) <= (INR (size M) - 1) * F (max_scaled_ratio M d).
Proof. eapply Rle_trans; [apply T1_query_cubes|apply S_bound_finite_class]. Qed.

Lemma actions_nonempty : 1 <= INR (length (actions M)).
Proof.
  pose proof (demo_sum M WF []) as H. destruct (actions M) as [|a r]; [simpl in H; lra|].
  change (length (a :: r)) with (S (length r)). rewrite S_INR. pose proof (pos_INR (length r)). lra.
Qed.

(** T1c: the bound quoted from the paper follows, for every [alpha]. *)
Theorem S_bound_le_quoted : S_bound M d <= INR (length (actions M)) * / alpha M ^ 3 * (24 / prior M d + 12).
Proof.
  eapply Rle_trans; [apply S_bound_le_S_lin|].
  pose proof (alpha_range M WF) as Ha. pose proof (prior_pos M WF d Hd) as Hw.
  pose proof actions_nonempty as Hn.
  assert (Hia : 1 <= / alpha M). { rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  assert (Hiw : 0 < / prior M d) by (apply Rinv_0_lt_compat, Hw).
  assert (Ht : / tau M <= / alpha M).
  { apply Rinv_le_contravar; [lra|]. unfold tau. destruct (Rle_dec (alpha M) (1 / 2)); [|lra].
    apply (Rmult_le_reg_r (1 - alpha M)); [lra|].
    replace (alpha M / (1 - alpha M) * (1 - alpha M)) with (alpha M) by (field; lra). nra. }
  assert (Hti : 0 < / tau M) by (apply Rinv_0_lt_compat, tau_range, WF).
  assert (H3 : / alpha M <= / alpha M ^ 3).
  { rewrite <- pow_inv. set (u := / alpha M) in *. simpl. nra. }
  unfold S_lin, Rdiv.
  apply Rle_trans with (/ alpha M ^ 3 * (24 * / prior M d + 12)).
  - apply Rle_trans with (/ tau M * (3 * / prior M d)).
    + assert (0 < / tau M * 3) by lra. nra.
    + apply Rle_trans with (/ alpha M ^ 3 * (3 * / prior M d)); [apply Rmult_le_compat_r; lra|].
      apply Rmult_le_compat_l; lra.
  - rewrite Rmult_assoc. rewrite <- (Rmult_1_l (/ alpha M ^ 3 * _)) at 1.
    apply Rmult_le_compat_r; [|exact Hn]. apply Rmult_le_pos; lra.
Qed.

Theorem T1c_corollary T :
  E_i M T (path_sum (fun h => theta M h ^ 3))
  <= INR (length (actions M)) * / alpha M ^ 3 * (24 / prior M d + 12).
Proof. eapply Rle_trans; [apply T1_query_cubes|apply S_bound_le_quoted]. Qed.

(** ** Infinite horizon: the series of the [E theta(h_t)^3] converges, to at most [S]. *)
Theorem T1_infinite_horizon :
  exists l, infinite_sum (fun t => E_i M t (fun h => theta M h ^ 3)) l /\ l <= S_bound M d.
Proof.
  set (u := fun t => E_i M t (fun h => theta M h ^ 3)).
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  assert (Hu : forall t, 0 <= u t).
  { intros t. apply (expect_nonneg M _ _ St); [exact H0|]. intros h _. apply pow_le, theta_nonneg, WF. }
  assert (Hsum : forall n, sum_f_R0 u n = ∑ t ∈ (seq 0 (S n)), u t).
  { induction n as [|n IH]; [simpl; ring|]. rewrite seq_S, Sum_app, <- IH. simpl. ring. }
  assert (Hb : forall n, sum_f_R0 u n <= S_bound M d).
  { intros n. rewrite Hsum. unfold u, E_i. rewrite <- (expect_path_sum M _ _ St) by exact H0.
    exact (T1_query_cubes (S n)). }
  destruct (growing_cv (sum_f_R0 u)) as (l & Hl).
  - intros n. simpl. specialize (Hu (S n)). lra.
  - exists (S_bound M d). intros x (n & ->). apply Hb.
  - exists l. split; [exact Hl|].
    destruct (Rle_dec l (S_bound M d)) as [|Hn]; [assumption|].
    destruct (Hl (l - S_bound M d)) as (n & Hn'); [lra|]. specialize (Hn' n (le_n n)).
    unfold R_dist in Hn'. apply Rabs_def2 in Hn'. specialize (Hb n). lra.
Qed.
End T1.
