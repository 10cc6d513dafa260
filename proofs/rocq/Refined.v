(** T4a: the divergence with a potential made for it. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention Divergence Marginal Events Tails.
Import ListNotations.
Open Scope R_scope.

(** ** Bounds on the logarithm *)

(** Of fourth order at 1, and above [ln] everywhere: the difference has derivative [(x-1)^3 / (x (2x+1)^2)]. *)
Lemma ln_le_rational x : 0 < x -> ln x <= (x - 1) * (x + 5) / (4 * x + 2).
Proof.
  intros Hx. set (f := fun x => (x - 1) * (x + 5) / (4 * x + 2) - ln x).
  set (f' := fun x => (x - 1) ^ 3 / (x * (2 * x + 1) ^ 2)).
  assert (Hd : forall c, 0 < c -> derivable_pt_lim f c (f' c)).
  { intros c Hc. unfold f, f'.
    replace ((c - 1) ^ 3 / (c * (2 * c + 1) ^ 2))
      with (((1 * (c + 5) + (c - 1) * 1) * (4 * c + 2) - 4 * ((c - 1) * (c + 5))) / Rsqr (4 * c + 2) - / c)
      by (unfold Rsqr; field; lra).
    apply derivable_pt_lim_minus; [|apply derivable_pt_lim_ln, Hc].
    apply (derivable_pt_lim_div (fun x => (x - 1) * (x + 5)) (fun x => 4 * x + 2)); [| |lra].
    - pose proof (derivable_pt_lim_minus _ _ c _ _ (derivable_pt_lim_id c) (derivable_pt_lim_const 1 c)) as D1.
      pose proof (derivable_pt_lim_plus _ _ c _ _ (derivable_pt_lim_id c) (derivable_pt_lim_const 5 c)) as D2.
      rewrite Rminus_0_r in D1. rewrite Rplus_0_r in D2. exact (derivable_pt_lim_mult _ _ c _ _ D1 D2).
    - pose proof (derivable_pt_lim_plus _ _ c _ _ (derivable_pt_lim_scal _ 4 c _ (derivable_pt_lim_id c))
        (derivable_pt_lim_const 2 c)) as D. rewrite Rmult_1_r, Rplus_0_r in D. exact D. }
  assert (F1 : f 1 = 0) by (unfold f; rewrite ln_1; field).
  assert (Hden : forall c, 0 < c -> 0 < / (c * (2 * c + 1) ^ 2)).
  { intros c Hc. apply Rinv_0_lt_compat, Rmult_lt_0_compat; [exact Hc|apply pow_lt; lra]. }
  assert (0 <= f x); [|unfold f in *; lra].
  destruct (Rtotal_order x 1) as [Hlt|[->|Hgt]]; [|lra|].
  - destruct (MVT_cor2 f f' x 1) as (c & E & Hc); [lra|intros; apply Hd; lra|].
    assert (f' c <= 0); [|nra]. unfold f', Rdiv. specialize (Hden c ltac:(lra)).
    assert ((c - 1) ^ 3 <= 0); [|nra]. pose proof (pow2_ge_0 (c - 1)). nra.
  - destruct (MVT_cor2 f f' 1 x) as (c & E & Hc); [lra|intros; apply Hd; lra|].
    assert (0 <= f' c); [|nra]. unfold f', Rdiv. specialize (Hden c ltac:(lra)).
    apply Rmult_le_pos; [apply pow_le; lra|lra].
Qed.

Lemma ln_ge_rational x : 0 < x -> (x - 1) * (5 * x + 1) / (2 * x * (x + 2)) <= ln x.
Proof.
  intros Hx. pose proof (ln_le_rational (/ x) (Rinv_0_lt_compat x Hx)) as H. rewrite ln_Rinv in H by exact Hx.
  replace ((/ x - 1) * (/ x + 5) / (4 * / x + 2)) with (- ((x - 1) * (5 * x + 1) / (2 * x * (x + 2)))) in H
    by (field; lra). lra.
Qed.

Lemma ln_2_ge : 693 / 1000 <= ln 2.
Proof.
  replace 2 with (5 / 4 * (6 / 5) * (7 / 6) * (8 / 7)) by field. rewrite !ln_mult by lra.
  pose proof (ln_ge_rational (5 / 4)). pose proof (ln_ge_rational (6 / 5)).
  pose proof (ln_ge_rational (7 / 6)). pose proof (ln_ge_rational (8 / 7)). lra.
Qed.

(** ** The gain that F_4 pays for *)

(** [h(e) = e + (1-e) ln(1-e)] and [phi(e) = h(e)^2 / e]. *)
Definition entropy_gap (e : R) : R := e + (1 - e) * ln (1 - e).
Definition phi (e : R) : R := entropy_gap e ^ 2 / e.

Lemma entropy_gap_range e : 0 <= e <= 1 -> 0 <= entropy_gap e <= e.
Proof.
  intros He. unfold entropy_gap. destruct (Req_dec e 1) as [->|Hne].
  { rewrite Rminus_diag_eq by reflexivity. lra. }
  pose proof (ln_le_minus_1 (1 - e)) as H1. pose proof (ln_le_minus_1 (/ (1 - e))) as H2.
  assert (Hi : 0 < / (1 - e)) by (apply Rinv_0_lt_compat; lra). rewrite ln_Rinv in H2 by lra.
  assert ((1 - e) * - ln (1 - e) <= (1 - e) * (/ (1 - e) - 1)) as H3 by (apply Rmult_le_compat_l; lra).
  replace ((1 - e) * (/ (1 - e) - 1)) with e in H3 by (field; lra).
  assert ((1 - e) * ln (1 - e) <= 0); [|lra]. nra.
Qed.

Lemma phi_0 : phi 0 = 0.
Proof. unfold phi, entropy_gap. rewrite Rminus_0_r, ln_1. unfold Rdiv. ring. Qed.

Lemma phi_times e : 0 <= e <= 1 -> phi e * e = entropy_gap e ^ 2.
Proof.
  intros He. destruct (Req_dec e 0) as [->|Hne].
  - unfold entropy_gap. rewrite Rminus_0_r, ln_1. ring.
  - unfold phi. field. exact Hne.
Qed.

Lemma phi_nonneg e : 0 <= e -> 0 <= phi e.
Proof.
  intros [He|<-]; [|rewrite phi_0; lra]. unfold phi.
  apply Rmult_le_pos; [apply pow2_ge_0|left; apply Rinv_0_lt_compat, He].
Qed.

Lemma phi_le_id e : 0 <= e <= 1 -> phi e <= e.
Proof.
  intros He. destruct (Req_dec e 0) as [->|Hne]; [rewrite phi_0; lra|].
  apply (Rmult_le_reg_r e); [lra|]. rewrite (phi_times e He). pose proof (entropy_gap_range e He). nra.
Qed.

(** With [u = 1 - e] and [l = - ln u], the next lemma says that this is not positive. In [l] it is convex, so it is
    enough to look at a lower and at an upper bound of the logarithm. *)
Definition excess (u l : R) : R := (1 - u - u * l) ^ 2 - 9 / 25 * (1 - u) * (l - (1 - u)).

Lemma excess_convex u a b l : a <= l <= b -> excess u a <= 0 -> excess u b <= 0 -> excess u l <= 0.
Proof.
  intros [[Ha|<-] [Hb| ->]] Ea Eb; try assumption. apply Rnot_lt_le. intros Hl.
  assert (0 <= (b - l) * (l - a) * (b - a) * u ^ 2).
  { apply Rmult_le_pos; [repeat apply Rmult_le_pos; lra|apply pow2_ge_0]. }
  assert (E : (b - a) * excess u l = (b - l) * excess u a + (l - a) * excess u b - (b - l) * (l - a) * (b - a) * u ^ 2).
  { unfold excess. ring. }
  assert (0 < (b - a) * excess u l) by (apply Rmult_lt_0_compat; lra).
  assert ((b - l) * excess u a <= 0) by nra. assert ((l - a) * excess u b <= 0) by nra. lra.
Qed.

(** The bound at [1/k] with a number [lam] below [ln k]. *)
Definition lower (k lam u : R) : R := lam - (k * u - 1) * (k * u + 5) / (4 * (k * u) + 2).

Lemma lower_le k lam u : 0 < k -> 0 < u -> lam <= ln k -> lower k lam u <= - ln u.
Proof.
  intros Hk Hu Hl. unfold lower. assert (0 < k * u) by (apply Rmult_lt_0_compat; assumption).
  pose proof (ln_le_rational (k * u) H) as L. rewrite ln_mult in L by assumption. lra.
Qed.

(** A polynomial is not positive where its Bernstein coefficients are not; [lra] finds them. *)
Lemma excess_lower k lam u l r : 0 < k -> 0 <= u -> 0 <= u - l -> 0 <= r - u ->
  (0 <= (r - u) ^ 6 -> 0 <= (u - l) * (r - u) ^ 5 -> 0 <= (u - l) ^ 2 * (r - u) ^ 4 ->
   0 <= (u - l) ^ 3 * (r - u) ^ 3 -> 0 <= (u - l) ^ 4 * (r - u) ^ 2 -> 0 <= (u - l) ^ 5 * (r - u) ->
   0 <= (u - l) ^ 6 ->
   ((1 - u) * (4 * (k * u) + 2) - u * (lam * (4 * (k * u) + 2) - (k * u - 1) * (k * u + 5))) ^ 2
   - 9 / 25 * (1 - u) * (4 * (k * u) + 2)
     * (lam * (4 * (k * u) + 2) - (k * u - 1) * (k * u + 5) - (1 - u) * (4 * (k * u) + 2)) <= 0) ->
  excess u (lower k lam u) <= 0.
Proof.
  intros Hk Hu Hl Hr H. assert (0 <= k * u) by (apply Rmult_le_pos; lra).
  set (D := 4 * (k * u) + 2) in *. assert (HD : 0 < D) by (unfold D; lra).
  apply (Rmult_le_reg_l (D ^ 2)); [apply pow_lt, HD|]. rewrite Rmult_0_r.
  replace (D ^ 2 * excess u (lower k lam u))
    with (((1 - u) * D - u * (lam * D - (k * u - 1) * (k * u + 5))) ^ 2
      - 9 / 25 * (1 - u) * D * (lam * D - (k * u - 1) * (k * u + 5) - (1 - u) * D))
    by (unfold excess, lower; fold D; field; lra).
  apply H; repeat apply Rmult_le_pos; try (apply pow_le); lra.
Qed.

Lemma phi_le_log e : 0 <= e < 1 -> phi e <= 9 / 25 * (- ln (1 - e) - e).
Proof.
  intros He. destruct (Req_dec e 0) as [->|Hne]; [rewrite phi_0, (Rminus_0_r 1), ln_1; lra|].
  apply (Rmult_le_reg_r e); [lra|]. rewrite (phi_times e) by lra.
  assert (excess (1 - e) (- ln (1 - e)) <= 0) as H.
  2:{ unfold excess in H. unfold entropy_gap. replace (1 - (1 - e)) with e in H by ring. nra. }
  set (u := 1 - e). assert (Hu : 0 < u < 1) by (unfold u; lra).
  pose proof ln_2_ge as L2.
  assert (L4 : 693 / 500 <= ln 4) by (replace 4 with (2 * 2) by ring; rewrite ln_mult by lra; lra).
  assert (L8 : 2079 / 1000 <= ln 8) by (replace 8 with (2 * (2 * 2)) by ring; rewrite !ln_mult by lra; lra).
  set (b := (1 - u) * (5 * u + 1) / (2 * u * (u + 2))).
  assert (Hb : - ln u <= b).
  { pose proof (ln_ge_rational u (proj1 Hu)) as L. unfold b.
    replace ((u - 1) * (5 * u + 1) / (2 * u * (u + 2))) with (- ((1 - u) * (5 * u + 1) / (2 * u * (u + 2)))) in L
      by (field; lra). lra. }
  assert (Eb : excess u b <= 0).
  { unfold excess, b.
    apply (Rmult_le_reg_l (4 * u * (u + 2) ^ 2)).
    { apply Rmult_lt_0_compat; [lra|apply pow_lt; lra]. }
    rewrite Rmult_0_r.
    replace (4 * u * (u + 2) ^ 2 * ((1 - u - u * ((1 - u) * (5 * u + 1) / (2 * u * (u + 2)))) ^ 2
      - 9 / 25 * (1 - u) * ((1 - u) * (5 * u + 1) / (2 * u * (u + 2)) - (1 - u))))
      with ((1 - u) ^ 3 * (9 * u * (1 - u) - 18 / 25 * (1 + 2 * u) * (u + 2))) by (field; lra).
    assert (0 <= (1 - u) ^ 3) by (apply pow_le; lra). nra. }
  assert (Hcase : forall k lam, 0 < k -> lam <= ln k -> excess u (lower k lam u) <= 0 -> excess u (- ln u) <= 0).
  { intros k lam Hk Hl Ea. apply (excess_convex u (lower k lam u) b); [|exact Ea|exact Eb].
    split; [apply lower_le; lra|exact Hb]. }
  destruct (Rle_dec u (1 / 5)) as [H1|H1]; [|destruct (Rle_dec u (9 / 25)) as [H2|H2]].
  - apply (Hcase 8 (2079 / 1000)); [lra|exact L8|].
    destruct (Rle_dec u (1 / 10)); [|destruct (Rle_dec u (3 / 20))].
    + apply (excess_lower 8 (2079 / 1000) u 0 (1 / 10)); try lra.
    + apply (excess_lower 8 (2079 / 1000) u (1 / 10) (3 / 20)); try lra.
    + apply (excess_lower 8 (2079 / 1000) u (3 / 20) (1 / 5)); try lra.
  - apply (Hcase 4 (693 / 500)); [lra|exact L4|]. apply (excess_lower 4 (693 / 500) u (1 / 5) (9 / 25)); lra.
  - apply (Hcase 1 0); [lra|rewrite ln_1; lra|].
    unfold excess, lower. apply (Rmult_le_reg_l ((4 * u + 2) ^ 2)); [apply pow_lt; lra|]. rewrite Rmult_0_r.
    replace ((4 * u + 2) ^ 2 * ((1 - u - u * (0 - (1 * u - 1) * (1 * u + 5) / (4 * (1 * u) + 2))) ^ 2
      - 9 / 25 * (1 - u) * (0 - (1 * u - 1) * (1 * u + 5) / (4 * (1 * u) + 2) - (1 - u))))
      with (- ((1 - u) ^ 3 * (27 / 25 * (4 * u + 2) - (1 - u) * (u + 2) ^ 2))) by (field; lra).
    assert (0 <= (1 - u) ^ 3 * (27 / 25 * (4 * u + 2) - (1 - u) * (u + 2) ^ 2)); [|lra].
    apply Rmult_le_pos; [apply pow_le; lra|].
    assert (0 <= u * (u - 9 / 25)) by (apply Rmult_le_pos; lra). assert (0 <= u ^ 3) by (apply pow_le; lra). lra.
Qed.

(** ** The potential *)

Lemma F_4_nonneg x : 0 <= x -> 0 <= F_4 x.
Proof.
  intros Hx. unfold F_4. destruct (Rle_dec x 1); [lra|].
  assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
Qed.

Lemma F_4_linear x : 0 <= x -> F_4 x <= 34 / 25 * x.
Proof. intros Hx. unfold F_4. destruct (Rle_dec x 1); [lra|]. pose proof (ln_le_minus_1 x). lra. Qed.

(** [F_4 <= (34/75) F]. *)
Lemma F_4_le_F x : 0 <= x -> F_4 x <= 34 / 75 * F x.
Proof.
  intros Hx. unfold F_4, F. destruct (Rle_dec x 1); [lra|].
  assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
Qed.

Lemma F_4_below x r : 0 <= x < 1 -> 0 <= r -> F_4 (x * r) <= F_4 x + 34 / 25 * x * (r - 1).
Proof.
  intros Hx Hr. assert (0 <= x * r) by nra. pose proof (F_4_linear (x * r)).
  unfold F_4 at 2. destruct (Rle_dec x 1); lra.
Qed.

(** [ln] is concave. *)
Lemma ln_chord r t : 0 < r -> 0 <= t <= 1 -> t * ln r <= ln (1 - t + t * r).
Proof.
  intros Hr Ht. pose proof (exp_convex [(1 - t, 0); (t, ln r)] fst snd) as H. simpl in H.
  rewrite exp_0, exp_ln in H by exact Hr.
  assert (exp (t * ln r) <= 1 - t + t * r) as L.
  { replace (t * ln r) with ((1 - t) * 0 + (t * ln r + 0)) by ring.
    eapply Rle_trans; [apply H|]; [|lra|lra]. intros x [<-|[<-|[]]]; simpl; lra. }
  rewrite <- (ln_exp (t * ln r)). destruct L as [L|L]; [left; apply ln_increasing; [apply exp_pos|exact L]|rewrite L; lra].
Qed.

Theorem F_4_above x r : 1 <= x -> 0 <= r ->
  phi (Rmax 0 (1 - r)) <= F_4 x + 9 / 25 * (r - 1) - F_4 (x * r).
Proof.
  intros Hx Hr.
  assert (Fx : F_4 x = 34 / 25 + 9 / 25 * ln x).
  { unfold F_4. destruct (Rle_dec x 1); [|reflexivity]. replace x with 1 by lra. rewrite ln_1. lra. }
  rewrite Fx. unfold F_4. destruct (Rle_dec (x * r) 1) as [Hy|Hy].
  - assert (Hr1 : r <= 1) by nra. rewrite Rmax_right by lra. destruct Hr as [Hr|<-].
    + assert (Hlx : ln x = ln (x * r) - ln r) by (rewrite ln_mult by lra; ring).
      assert (Hyr : r <= x * r) by nra. set (y := x * r) in *.
      destruct (Req_dec r 1) as [->|Hne].
      { replace y with 1 in * by lra. rewrite Hlx, ln_1, Rminus_diag_eq, phi_0 by reflexivity. lra. }
      set (t := (1 - y) / (1 - r)).
      assert (Et : t * (1 - r) = 1 - y) by (unfold t; field; lra).
      assert (Ht : 0 <= t <= 1) by (split; apply (Rmult_le_reg_r (1 - r)); lra).
      pose proof (ln_chord r t Hr Ht) as L. replace (1 - t + t * r) with y in L by lra.
      pose proof (phi_le_id (1 - r)) as P1. pose proof (phi_le_log (1 - r)) as P2.
      replace (1 - (1 - r)) with r in P2 by ring.
      assert (t * phi (1 - r) <= t * (1 - r)) as Q1 by (apply Rmult_le_compat_l; lra).
      assert ((1 - t) * phi (1 - r) <= (1 - t) * (9 / 25 * (- ln r - (1 - r)))) as Q2 by (apply Rmult_le_compat_l; lra).
      lra.
    + rewrite Rmult_0_r. assert (0 <= ln x).
      { rewrite <- ln_1. destruct Hx as [Hx|<-]; [left; apply ln_increasing; lra|lra]. }
      pose proof (phi_le_id (1 - 0)). lra.
  - assert (0 < r) by nra. rewrite ln_mult by lra. destruct (Rle_dec r 1) as [H1|H1].
    + rewrite Rmax_right by lra. pose proof (phi_le_log (1 - r)) as P.
      replace (1 - (1 - r)) with r in P by ring. lra.
    + rewrite Rmax_left, phi_0 by lra. pose proof (ln_le_minus_1 r). lra.
Qed.

(** ** The theorem *)

Section T4a.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.

(** (1): the step divergence is at most the mean of [h]. *)
Lemma step_divergence_le_gap h : ever (out M d) h = false ->
  step_divergence M d h <= ∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a).
Proof.
  intros Ev. unfold step_divergence, guarded_action. rewrite Ev. apply not_ever_in_top in Ev.
  pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  apply Rle_trans with (∑ a ∈ actions M, (demo M h a * entropy_gap (gap M h a)
    + (t ^ 2 * demo M h a - t * (demo M h a * gap M h a) + t * demo M h a - demo M h a * gap M h a))).
  - apply Sum_le. intros a _. pose proof (demo_gap M d WF Re h a Ev) as Hq.
    replace (imitator M h a + t * demo M h a) with (demo M h a * (1 - gap M h a + t)) by lra.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    pose proof (gap_range M d WF Re h a Ev E) as Hg. set (l := gap M h a) in *.
    replace (demo M h a * (1 - l + t) / demo M h a) with (1 - l + t) by (field; exact E).
    pose proof (demo_nonneg M WF h a) as Hp.
    assert ((1 - l + t) * ln (1 - l + t) <= (1 - l) * ln (1 - l) + t + t * (t - l)) as L.
    { destruct (Req_dec (1 - l + t) 0) as [Z|Z].
      - assert (t = 0) as -> by lra. assert (l = 1) as -> by lra. rewrite Rplus_0_r. lra.
      - assert (Hb : 0 < 1 - l + t) by lra. pose proof (ln_le_minus_1 _ Hb) as L1.
        assert (t * ln (1 - l + t) <= t * (t - l)) by (apply Rmult_le_compat_l; lra).
        assert ((1 - l) * (ln (1 - l + t) - ln (1 - l)) <= t); [|lra].
        destruct (Req_dec (1 - l) 0) as [Z1|Z1]; [rewrite Z1; lra|].
        assert (Hq1 : 0 < (1 - l + t) / (1 - l)) by (apply Rdiv_lt_0_compat; lra).
        pose proof (ln_le_minus_1 _ Hq1) as L2. unfold Rdiv in L2 at 1.
        rewrite ln_mult, ln_Rinv in L2 by (try apply Rinv_0_lt_compat; lra).
        apply (Rmult_le_compat_l (1 - l)) in L2; [|lra].
        replace ((1 - l) * ((1 - l + t) / (1 - l) - 1)) with t in L2 by (field; exact Z1). lra. }
    unfold entropy_gap. apply (Rmult_le_compat_l (demo M h a)) in L; [|exact Hp]. lra.
  - rewrite Sum_plus, !Sum_minus, Sum_plus, Sum_minus, !Sum_scal. rewrite (gap_sum M d WF Re h Ev). fold t.
    rewrite (demo_sum M WF h : Sum (actions M) (demo M h) = 1). right. ring.
Qed.

Notation gains := (payments M d phi).

(** (2): Cauchy and Schwarz. *)
Lemma step_divergence_le_gains h c : 0 < c -> live M d h ->
  step_divergence M d h <= (while_in M d (fun h => theta M h * gains h) h / c + c) / 2.
Proof.
  intros Hc Hh. unfold while_in. destruct (ever (out M d) h) eqn:Ev.
  { pose proof (step_divergence_le_chi_squared M d WF Re h) as L. unfold step_chi_squared, while_in in L.
    rewrite Ev in L. unfold Rdiv. lra. }
  eapply Rle_trans; [apply (step_divergence_le_gap h Ev)|]. apply not_ever_in_top in Ev.
  pose proof (gap_sum M d WF Re h Ev) as Eg. pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  assert (HW : ∑ a ∈ actions M, demo M h a * phi (gap M h a) <= gains h).
  { unfold payments. rewrite Sum_swap. apply Sum_le. intros a _. rewrite Sum_scal.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    destruct (gap_attained M d WF Re h a Ev E) as (i & Hi & ->). rewrite (shortfall_fall M d Re).
    exact (top_payment_le M WF d Re phi phi_nonneg i h a phi_0 Hh Hi E). }
  assert (Hin : forall k, 0 < k ->
    ∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a) <= (k * t + gains h / k) / 2).
  { intros k Hk. apply Rle_trans with ((k * t + (∑ a ∈ actions M, demo M h a * phi (gap M h a)) / k) / 2).
    - rewrite <- Eg. unfold Rdiv. rewrite <- Sum_scal, <- Sum_scal_r, <- Sum_plus, <- Sum_scal_r.
      apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
      pose proof (gap_range M d WF Re h a Ev E) as Hg. pose proof (demo_nonneg M WF h a) as Hp.
      set (l := gap M h a) in *. pose proof (phi_times l Hg) as Ep. pose proof (entropy_gap_range l Hg) as Hh0.
      pose proof (phi_nonneg l (proj1 Hg)) as Hf.
      assert (entropy_gap l <= (k * l + phi l * / k) * / 2) as L.
      { set (q := phi l) in *. set (g := entropy_gap l) in *. assert (Hi : 0 < / k) by (apply Rinv_0_lt_compat, Hk).
        assert (0 <= q * / k) by (apply Rmult_le_pos; lra). assert (0 <= k * l) by (apply Rmult_le_pos; lra).
        assert ((k * l) * (q * / k) = g ^ 2) as Eq by (rewrite <- Ep; field; lra).
        set (a1 := k * l) in *. set (b1 := q * / k) in *.
        pose proof (pow2_ge_0 (a1 - b1)). apply Rnot_lt_le. intros Hlt.
        assert (0 <= (a1 + b1) * / 2) by lra. assert (((a1 + b1) * / 2) ^ 2 < g ^ 2); [|nra].
        simpl. rewrite !Rmult_1_r. apply Rmult_le_0_lt_compat; lra. }
      apply (Rmult_le_compat_l (demo M h a)) in L; [|exact Hp]. lra.
    - assert (0 < / k) as Hi by (apply Rinv_0_lt_compat, Hk).
      apply (Rmult_le_compat_r (/ k)) in HW; [|lra]. unfold Rdiv. lra. }
  destruct Ht as [Ht|Ht].
  - specialize (Hin (c / t)). assert (0 < c / t) as Hk by (apply Rdiv_lt_0_compat; assumption).
    specialize (Hin Hk). replace (c / t * t) with c in Hin by (field; lra).
    replace (gains h / (c / t)) with (t * gains h / c) in Hin by (field; lra). lra.
  - assert (∑ a ∈ actions M, demo M h a * entropy_gap (gap M h a) <= 0); [|rewrite <- Ht; unfold Rdiv; lra].
    rewrite Ht, <- Eg. apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    pose proof (gap_range M d WF Re h a Ev E) as Hg. apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    apply entropy_gap_range, Hg.
Qed.

(** (4): as in T1. *)
Lemma gains_bound T : E_i M T (path_sum (while_in M d (fun h => theta M h * gains h))) <= S_4 M d.
Proof.
  pose proof (payments_bound M WF d Re phi F_4 (9 / 25) (34 / 25) 0 F_4_nonneg) as P.
  eapply Rle_trans; [|apply P with (T := T)].
  - apply (E_i_path_sum_le M WF d Re). intros h _.
    pose proof (payments_nonneg M WF d phi phi_nonneg h). pose proof (theta_nonneg M WF h).
    assert (0 <= theta M h * gains h) by (apply Rmult_le_pos; assumption).
    unfold while_in. destruct (ever _ h); lra.
  - lra.
  - intros x r Hx Hr. pose proof (F_4_above x r Hx Hr). lra.
  - exact F_4_below.
  - intros i h Hi. rewrite Rplus_0_r. apply (mean_ratio M WF d Re), Hi.
Qed.

Lemma S_4_nonneg : 0 <= S_4 M d.
Proof.
  apply Sum_nonneg. intros i Hi. apply In_others in Hi. apply F_4_nonneg.
  apply (scaled_ratio_nonneg M WF d); [apply Hi|exact (live_start M WF d Re)].
Qed.

(** T4a. *)
Theorem T4a_step_divergences T : E_g M d T (path_sum (step_divergence M d)) <= sqrt (INR T * S_4 M d).
Proof.
  pose proof (imitator_stochastic M WF d Re) as Si. pose proof (live_start M WF d Re) as H0.
  apply sqrt_from_all_c; [exact S_4_nonneg|apply pos_INR|]. intros c Hc.
  apply (path_sum_from_steps M d WF Re T (fun h => theta M h * gains h)); [exact Hc|exact (gains_bound T)|].
  intros h Hh. exact (step_divergence_le_gains h c Hc Hh).
Qed.

(** It is at most [sqrt(34/75)], so 0.674, times T4's bound. *)
Lemma S_4_le_S : S_4 M d <= 34 / 75 * S_bound M d.
Proof.
  unfold S_4, S_bound. rewrite <- Sum_scal. apply Sum_le. intros i Hi. apply In_others in Hi.
  apply F_4_le_F, (scaled_ratio_nonneg M WF d); [apply Hi|exact (live_start M WF d Re)].
Qed.

Theorem T4a_constant T : sqrt (INR T * S_4 M d) <= 674 / 1000 * sqrt (INR T * S_bound M d).
Proof.
  pose proof S_4_le_S as L. pose proof S_4_nonneg as H. pose proof (pos_INR T) as HT.
  rewrite <- (sqrt_pow2 (674 / 1000)) by lra. rewrite <- sqrt_mult_alt by apply pow2_ge_0.
  apply sqrt_le_1_alt. assert (0 <= INR T * S_bound M d) by (apply Rmult_le_pos; lra).
  apply (Rmult_le_compat_l _ _ _ HT) in L. lra.
Qed.

Hypothesis Blind : query_blind M.

Theorem T4a_divergence (eqA : forall x y : A, {x = y} + {x <> y}) (eqO : forall x y : O, {x = y} + {x <> y}) T :
  KL (sequences M eqA eqO T) (marginal M eqA eqO (guarded_kernel M d) T) (marginal M eqA eqO (demo_kernel M) T)
  <= sqrt (INR T * S_4 M d).
Proof. eapply Rle_trans; [apply T4_chain_rule; assumption|apply T4a_step_divergences]. Qed.

Variable T : nat.
Variable B : list (A * O) -> bool.

Theorem T4a_events : 0 < P_d_event M T B < 1 ->
  binary_divergence (P_g_event M d T B) (P_d_event M T B) <= sqrt (INR T * S_4 M d).
Proof. intros Hy. eapply Rle_trans; [apply T5_data_processing; assumption|apply T4a_step_divergences]. Qed.

Theorem T4a_imitator : alpha M < 1 -> 0 < P_d_event M T B < 1 ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
               + (sqrt (INR T * S_4 M d) + ln 2) / ln (1 / P_d_event M T B).
Proof.
  intros Ha Hy. exact (imitator_from_divergence M d WF Re T B _ Ha Hy (T4a_events Hy)).
Qed.
End T4a.
