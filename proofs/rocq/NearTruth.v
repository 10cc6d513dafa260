(** T8: the demonstrator is only near a member of the class. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes QueryCount Retention.
Import ListNotations.
Open Scope R_scope.

Section T8.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Variable d : nat.
Variable eta : R.
Hypothesis Near : near M d eta.

Let Hd : (d < size M)%nat := near_index M d eta Near.
Let He : 0 <= eta := near_range M d eta Near.

Lemma near_covering : covering M d.
Proof.
  split; [exact Hd|]. intros h a E. pose proof (near_above M d eta Near h a) as H. rewrite E in H.
  pose proof (demo_nonneg M WF h a). lra.
Qed.

(** [E_p r <= 1 + eta], with the quotients by member [d]. *)
Lemma near_mean_ratio i h : (i < size M)%nat ->
  ∑ a ∈ actions M, demo M h a * (member M i h a / member M d h a) <= 1 + eta.
Proof.
  intros Hi. apply Rle_trans with ((1 + eta) * ∑ a ∈ actions M, member M i h a).
  - rewrite <- Sum_scal. apply Sum_le. intros a _. destruct (member_semimeasure M WF i h Hi) as [H0 _].
    specialize (H0 a). destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; nra|].
    destruct (fall_quotient M WF d near_covering i h a Hi E) as [Hp Hq].
    apply Rle_trans with ((1 + eta) * member M d h a * (member M i h a / member M d h a)).
    + apply Rmult_le_compat_r; [exact Hq|apply near_above, Near].
    + right. field. lra.
  - destruct (member_semimeasure M WF i h Hi) as [_ H1].
    change (∑ a ∈ (actions M), member M i h a <= 1) in H1. nra.
Qed.

(** The gain of one answer is at least [((theta - eta)_+)^2]. *)
Lemma near_theta_le h : live M d h ->
  Rmax 0 (theta M h - eta) ^ 2 <= payments M d (fun u => u ^ 2) h.
Proof.
  intros Hh. set (y := fun a => ∑ i ∈ others M d, payment M d (fun u => u ^ 2) i h a).
  assert (Hpay : forall u : R, 0 <= u -> 0 <= u ^ 2) by (intros; apply pow2_ge_0).
  assert (Hy : forall a, 0 <= y a).
  { intros a. apply Sum_nonneg. intros. apply payment_nonneg, Hpay. }
  assert (Hx : theta M h - eta <= ∑ a ∈ actions M, demo M h a * sqrt (y a)).
  { apply Rle_trans with (∑ a ∈ actions M, ((demo M h a - imitator M h a) - demo M h a * eta)).
    - rewrite !Sum_minus, Sum_scal_r.
      rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
      rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = 1). right. ring.
    - apply Sum_le. intros a _.
      destruct (imitator_attained M h a (top_nonempty M WF d h Hd Hh)) as (i & Hi & ->).
      destruct (top_member M WF i h Hi) as [Hlt _].
      pose proof (proj1 (member_semimeasure M WF i h Hlt) a) as Hm.
      destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
      destruct (fall_quotient M WF d near_covering i h a Hlt E) as [Hp Hr].
      pose proof (near_above M d eta Near h a) as Ha. pose proof (demo_nonneg M WF h a) as H0.
      set (r := member M i h a / member M d h a) in *. set (s := fall M d i h a).
      assert (Hs : 0 <= s) by apply Rmax_l. assert (Hs1 : 1 - r <= s) by apply Rmax_r.
      assert (Hsy : s <= sqrt (y a)).
      { rewrite <- (sqrt_pow2 s Hs). apply sqrt_le_1; [apply pow2_ge_0|apply Hy|].
        apply (top_payment_le M WF d near_covering (fun u => u ^ 2)); [exact Hpay|ring|exact Hh|exact Hi|exact E]. }
      assert (Hmr : member M i h a = member M d h a * r) by (unfold r; field; lra).
      assert (Hpr : demo M h a * r <= (1 + eta) * member M i h a).
      { rewrite Hmr. apply (Rmult_le_compat_r r) in Ha; [lra|exact Hr]. }
      assert (demo M h a - member M i h a - demo M h a * eta <= demo M h a * s).
      { apply (Rmult_le_reg_l (1 + eta)); [lra|].
        apply Rle_trans with (demo M h a * ((1 + eta) * (1 - eta) - r)); [lra|].
        assert (0 <= demo M h a * ((1 + eta) * s - ((1 + eta) * (1 - eta) - r))); [|lra].
        apply Rmult_le_pos; [exact H0|nra]. }
      pose proof (Rmult_le_compat_l _ _ _ H0 Hsy). lra. }
  assert (Hz : 0 <= ∑ a ∈ actions M, demo M h a * sqrt (y a)).
  { apply Sum_nonneg. intros a _. apply Rmult_le_pos; [apply demo_nonneg, WF|apply sqrt_pos]. }
  apply Rle_trans with ((∑ a ∈ actions M, demo M h a * sqrt (y a)) ^ 2).
  { apply pow_incr. split; [apply Rmax_l|apply Rmax_lub; assumption]. }
  eapply Rle_trans.
  { apply Sum_square; [intros; apply demo_nonneg, WF|apply demo_sum, WF]. }
  unfold payments. rewrite Sum_swap. apply Sum_le. intros a _.
  rewrite Sum_scal, pow2_sqrt by apply Hy. fold (y a). lra.
Qed.

(** T8: the demonstrator need not be in the class. *)
Theorem T8_near_truth T :
  E_i M T (path_sum (fun h =>
    theta M h * (Rmax 0 (theta M h - eta) ^ 2 - 3 * alternatives M d * eta)))
  <= S_bound M d.
Proof.
  pose proof (imitator_stochastic M WF d near_covering) as St.
  pose proof (live_start M WF d near_covering) as H0.
  eapply Rle_trans; [|apply (payments_bound M WF d near_covering (fun u => u ^ 2) F (fun _ => 2) 3 eta F_nonneg)].
  - unfold E_i. rewrite !(expect_path_sum M _ _ St) by exact H0. apply Sum_le. intros t _.
    apply (expect_le M _ _ St); [exact H0|]. intros h Hh.
    apply Rmult_le_compat_l; [apply theta_nonneg, WF|]. pose proof (near_theta_le h Hh). lra.
  - split; [intros|]; lra.
  - intros x r Hx Hr. pose proof (drop_above x r Hx Hr). lra.
  - intros x r Hx Hr. pose proof (drop_below x r Hx Hr). lra.
  - exact near_mean_ratio.
Qed.

(** An answer multiplies the odds by at most [1 + eta] in expectation, which a query is discounted for. *)
Lemma near_odds_step i h : (i < size M)%nat -> live M d h ->
  ∑ s ∈ steps M, imitator_kernel M h s * (exp (- (queries (s :: h) * ln (1 + eta))) * ratio M d i (s :: h))
  <= exp (- (queries h * ln (1 + eta))) * ratio M d i h.
Proof.
  intros Hi Hh. set (u := exp (- (queries h * ln (1 + eta)))).
  assert (Hu : 0 < u) by apply exp_pos.
  set (g := fun (q : bool) a => (if q then / (1 + eta) * (member M i h a / member M d h a) else 1) * (u * ratio M d i h)).
  pose proof (ratio_nonneg M WF d i h Hi Hh) as Hz. pose proof (theta_nonneg M WF h) as Ht.
  apply Rle_trans with (∑ s ∈ steps M, imitator_kernel M h s * g (queried s) (act s)).
  - right. apply Sum_ext. intros s _.
    destruct (Req_dec (imitator_kernel M h s) 0) as [Z|Z]; [rewrite Z; ring|]. f_equal.
    rewrite (ratio_step M d near_covering i h s Hh).
    + unfold g. cbn [queries]. destruct (queried s).
      * replace (- ((queries h + 1) * ln (1 + eta))) with (- (queries h * ln (1 + eta)) + - ln (1 + eta)) by ring.
        rewrite exp_plus, (exp_Ropp (ln (1 + eta))), exp_ln by lra. fold u. ring.
      * rewrite Rplus_0_r. fold u. ring.
    + intros Hq E. apply Z. unfold imitator_kernel. rewrite Hq, E. ring.
  - rewrite (imitator_kernel_step M WF h g). unfold g. rewrite Sum_scal_r.
    rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
    rewrite (Sum_ext (actions M) _ (fun a => (/ (1 + eta) * (u * ratio M d i h))
      * (demo M h a * (member M i h a / member M d h a)))) by (intros; ring).
    rewrite Sum_scal. pose proof (near_mean_ratio i h Hi) as Hm.
    set (m := ∑ a ∈ actions M, demo M h a * (member M i h a / member M d h a)) in *.
    assert (H1 : / (1 + eta) * m <= 1).
    { apply (Rmult_le_reg_l (1 + eta)); [lra|]. rewrite <- Rmult_assoc, Rinv_r; lra. }
    assert (H2 : 0 <= theta M h * (u * ratio M d i h)) by (apply Rmult_le_pos; [exact Ht|apply Rmult_le_pos; lra]).
    apply (Rmult_le_compat_l _ _ _ H2) in H1. lra.
Qed.

(** T8a: the near member leaves the top set within the first [n] queries. *)
Theorem T8a_near_retention T n : alpha M < 1 ->
  E_i M T (fun h => indicator (ever (fun h => out M d h && Rleb (queries h) (INR n)) h))
  <= (1 + eta) ^ n * ((1 / prior M d - 1) / (1 / alpha M - 1)).
Proof.
  intros Ha1. pose proof (alpha_range M WF) as Ha.
  assert (Hc : 0 < 1 / alpha M - 1).
  { assert (1 < / alpha M); [|lra]. rewrite <- Rinv_1 at 1. apply Rinv_lt_contravar; lra. }
  set (l := ln (1 + eta)).
  assert (Hl : 0 <= l).
  { unfold l. rewrite <- ln_1. destruct He as [H|H]; [left; apply ln_increasing; lra|rewrite <- H; right; f_equal; ring]. }
  assert (Epow : (1 + eta) ^ n = exp (INR n * l)) by (rewrite <- Rpower_pow by lra; reflexivity).
  set (X := fun h : history A O => exp (- (queries h * l)) * odds_against M d h).
  apply Rle_trans with (X [] / (exp (- (INR n * l)) * (1 / alpha M - 1))).
  - apply (maximal_inequality M (imitator_kernel M) (live M d) (imitator_stochastic M WF d near_covering)).
    + exact (live_start M WF d near_covering).
    + apply Rmult_lt_0_compat; [apply exp_pos|exact Hc].
    + intros h Hh. apply Rmult_le_pos; [left; apply exp_pos|exact (odds_against_nonneg M WF d h Hh)].
    + intros h Hh. unfold X, odds_against. rewrite <- Sum_scal.
      rewrite (Sum_ext (steps M) _ (fun s => ∑ i ∈ others M d,
        imitator_kernel M h s * (exp (- (queries (s :: h) * l)) * ratio M d i (s :: h))))
        by (intros; rewrite <- !Sum_scal; apply Sum_ext; intros; ring).
      rewrite Sum_swap. apply Sum_le. intros i Hi. apply In_others in Hi. apply near_odds_step; tauto.
    + intros h Hh Hbad. apply andb_true_iff in Hbad. destruct Hbad as [Hout Hq]. apply Rleb_true in Hq.
      apply Rmult_le_compat; [left; apply exp_pos|lra| |exact (out_odds M WF d near_covering h Hh Hout)].
      assert (- (INR n * l) <= - (queries h * l)) as [H|H] by nra;
        [left; apply exp_increasing, H|rewrite H; lra].
  - unfold X. simpl queries. rewrite Rmult_0_l, Ropp_0, exp_0, Rmult_1_l.
    pose proof (exp_pos (- (INR n * l))) as Hp.
    pose proof (ratio_others_start M WF d near_covering) as Hs. fold (odds_against M d []) in Hs.
    apply Rle_trans with ((1 / prior M d - 1) / (exp (- (INR n * l)) * (1 / alpha M - 1))).
    + apply Rmult_le_compat_r; [|exact Hs]. left. apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption.
    + right. rewrite Epow. assert (exp (INR n * l) = / exp (- (INR n * l))) as -> by (rewrite exp_Ropp, Rinv_inv; reflexivity).
      set (z := exp (- (INR n * l))) in *. unfold Rdiv. rewrite Rinv_mult. ring.
Qed.
End T8.
