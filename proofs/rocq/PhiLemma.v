(** The lemmas of T4a and T4b: what one answer takes from potentials that are made for the step divergence. *)
From Coq Require Import Reals List Lra Psatz.
From ExactCBIL Require Import Sums LogLemma.
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

Lemma ln_2_ge : 6931 / 10000 <= ln 2.
Proof.
  replace 2 with (7 / 6 * (8 / 7) * (9 / 8) * (10 / 9) * (11 / 10) * (12 / 11)) by field. rewrite !ln_mult by lra.
  pose proof (ln_ge_rational (7 / 6)). pose proof (ln_ge_rational (8 / 7)). pose proof (ln_ge_rational (9 / 8)).
  pose proof (ln_ge_rational (10 / 9)). pose proof (ln_ge_rational (11 / 10)). pose proof (ln_ge_rational (12 / 11)). lra.
Qed.

(** ** The gain that the potentials pay for *)

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

(** With [u = 1 - e] and [l = - ln u], an inequality [phi e <= c (l - e) - g/e] says that this is not positive. In [l] it is
    convex, so it is enough to look at a lower and at an upper bound of the logarithm. *)
Definition excess (c g u l : R) : R := (1 - u - u * l) ^ 2 - c * (1 - u) * (l - (1 - u)) + g.

Lemma excess_convex c g u a b l : a <= l <= b -> excess c g u a <= 0 -> excess c g u b <= 0 -> excess c g u l <= 0.
Proof.
  intros [[Ha|<-] [Hb| ->]] Ea Eb; try assumption. apply Rnot_lt_le. intros Hl.
  assert (0 <= (b - l) * (l - a) * (b - a) * u ^ 2).
  { apply Rmult_le_pos; [repeat apply Rmult_le_pos; lra|apply pow2_ge_0]. }
  assert (E : (b - a) * excess c g u l
    = (b - l) * excess c g u a + (l - a) * excess c g u b - (b - l) * (l - a) * (b - a) * u ^ 2).
  { unfold excess. ring. }
  assert (0 < (b - a) * excess c g u l) by (apply Rmult_lt_0_compat; lra).
  assert ((b - l) * excess c g u a <= 0) by nra. assert ((l - a) * excess c g u b <= 0) by nra. lra.
Qed.

Lemma phi_from_excess c g e : 0 <= e < 1 -> excess c (g * e) (1 - e) (- ln (1 - e)) <= 0 ->
  phi e * e <= (c * (- ln (1 - e) - e) - g) * e.
Proof.
  intros He H. rewrite (phi_times e) by lra. unfold excess in H. unfold entropy_gap.
  replace (1 - (1 - e)) with e in H by ring. lra.
Qed.

(** The bound at [1/k] with a number [lam] below [ln k]. *)
Definition lower (k lam u : R) : R := lam - (k * u - 1) * (k * u + 5) / (4 * (k * u) + 2).

Lemma lower_le k lam u : 0 < k -> 0 < u -> lam <= ln k -> lower k lam u <= - ln u.
Proof.
  intros Hk Hu Hl. unfold lower. assert (0 < k * u) by (apply Rmult_lt_0_compat; assumption).
  pose proof (ln_le_rational (k * u) H) as L. rewrite ln_mult in L by assumption. lra.
Qed.

(** The upper bound at 1, cleared of denominators. *)
Definition upper (u : R) : R := (1 - u) * (5 * u + 1) / (2 * u * (u + 2)).

Lemma upper_ge u : 0 < u -> - ln u <= upper u.
Proof.
  intros Hu. pose proof (ln_ge_rational u Hu) as L. unfold upper.
  replace ((u - 1) * (5 * u + 1) / (2 * u * (u + 2))) with (- ((1 - u) * (5 * u + 1) / (2 * u * (u + 2)))) in L
    by (field; lra). lra.
Qed.

Lemma excess_upper c g u : 0 < u ->
  (1 - u) ^ 3 * (9 * u * (1 - u) - 2 * c * (1 + 2 * u) * (u + 2)) + 4 * u * (u + 2) ^ 2 * g <= 0 ->
  excess c g u (upper u) <= 0.
Proof.
  intros Hu H. apply (Rmult_le_reg_l (4 * u * (u + 2) ^ 2)).
  { apply Rmult_lt_0_compat; [lra|apply pow_lt; lra]. }
  rewrite Rmult_0_r. eapply Rle_trans; [|exact H]. right. unfold excess, upper. field. lra.
Qed.

(** The lower bound, cleared of denominators. A polynomial is not positive where its Bernstein coefficients are not; given
    the Bernstein polynomials, [lra] finds them. *)
Lemma excess_lower k lam c g u l r : 0 < k -> 0 <= u -> 0 <= u - l -> 0 <= r - u ->
  (0 <= (r - u) ^ 6 -> 0 <= (u - l) * (r - u) ^ 5 -> 0 <= (u - l) ^ 2 * (r - u) ^ 4 ->
   0 <= (u - l) ^ 3 * (r - u) ^ 3 -> 0 <= (u - l) ^ 4 * (r - u) ^ 2 -> 0 <= (u - l) ^ 5 * (r - u) ->
   0 <= (u - l) ^ 6 ->
   ((1 - u) * (4 * (k * u) + 2) - u * (lam * (4 * (k * u) + 2) - (k * u - 1) * (k * u + 5))) ^ 2
   - c * (1 - u) * (4 * (k * u) + 2)
     * (lam * (4 * (k * u) + 2) - (k * u - 1) * (k * u + 5) - (1 - u) * (4 * (k * u) + 2))
   + (4 * (k * u) + 2) ^ 2 * g <= 0) ->
  excess c g u (lower k lam u) <= 0.
Proof.
  intros Hk Hu Hl Hr H. assert (0 <= k * u) by (apply Rmult_le_pos; lra).
  set (D := 4 * (k * u) + 2) in *. assert (HD : 0 < D) by (unfold D; lra).
  apply (Rmult_le_reg_l (D ^ 2)); [apply pow_lt, HD|]. rewrite Rmult_0_r.
  replace (D ^ 2 * excess c g u (lower k lam u))
    with (((1 - u) * D - u * (lam * D - (k * u - 1) * (k * u + 5))) ^ 2
      - c * (1 - u) * D * (lam * D - (k * u - 1) * (k * u + 5) - (1 - u) * D) + D ^ 2 * g)
    by (unfold excess, lower; fold D; field; lra).
  apply H; repeat apply Rmult_le_pos; try (apply pow_le); lra.
Qed.

Lemma excess_between c g u k lam : 0 < u -> 0 < k -> lam <= ln k ->
  excess c g u (lower k lam u) <= 0 -> excess c g u (upper u) <= 0 -> excess c g u (- ln u) <= 0.
Proof.
  intros Hu Hk Hl Ea Eb. apply (excess_convex c g u (lower k lam u) (upper u)); [|exact Ea|exact Eb].
  split; [apply lower_le; assumption|apply upper_ge, Hu].
Qed.

Lemma ln_powers_ge : 6931 / 5000 <= ln 4 /\ 20793 / 10000 <= ln 8.
Proof.
  pose proof ln_2_ge. replace 8 with (2 * (2 * 2)) by ring. replace 4 with (2 * 2) by ring.
  rewrite !ln_mult by lra. lra.
Qed.

Lemma phi_le_log e : 0 <= e < 1 -> phi e <= 9 / 25 * (- ln (1 - e) - e).
Proof.
  intros He. destruct (Req_dec e 0) as [->|Hne]; [rewrite phi_0, (Rminus_0_r 1), ln_1; lra|].
  apply (Rmult_le_reg_r e); [lra|]. rewrite <- (Rminus_0_r (9 / 25 * _)). apply phi_from_excess; [exact He|].
  rewrite Rmult_0_l. set (u := 1 - e). assert (Hu : 0 < u < 1) by (unfold u; lra). destruct ln_powers_ge as [L4 L8].
  assert (Eb : excess (9 / 25) 0 u (upper u) <= 0).
  { apply excess_upper; [lra|]. assert (0 <= (1 - u) ^ 3) by (apply pow_le; lra). nra. }
  destruct (Rle_dec u (1 / 5)) as [H1|H1]; [|destruct (Rle_dec u (9 / 25)) as [H2|H2]].
  - apply (excess_between (9 / 25) 0 u 8 (20793 / 10000)); [lra|lra|exact L8| |exact Eb].
    destruct (Rle_dec u (1 / 10)); [|destruct (Rle_dec u (3 / 20))].
    + apply (excess_lower 8 (20793 / 10000) (9 / 25) 0 u 0 (1 / 10)); lra.
    + apply (excess_lower 8 (20793 / 10000) (9 / 25) 0 u (1 / 10) (3 / 20)); lra.
    + apply (excess_lower 8 (20793 / 10000) (9 / 25) 0 u (3 / 20) (1 / 5)); lra.
  - apply (excess_between (9 / 25) 0 u 4 (6931 / 5000)); [lra|lra|exact L4| |exact Eb].
    apply (excess_lower 4 (6931 / 5000) (9 / 25) 0 u (1 / 5) (9 / 25)); lra.
  - apply (excess_between (9 / 25) 0 u 1 0); [lra|lra|rewrite ln_1; lra| |exact Eb].
    apply (excess_lower 1 0 (9 / 25) 0 u (9 / 25) 1); [lra|lra|lra|lra|]. intros _ _ _ _ _ _ _.
    assert (0 <= (1 - u) ^ 3 * (27 / 25 * (4 * u + 2) - (1 - u) * (u + 2) ^ 2)); [|lra].
    apply Rmult_le_pos; [apply pow_le; lra|].
    assert (0 <= u * (u - 9 / 25)) by (apply Rmult_le_pos; lra). assert (0 <= u ^ 3) by (apply pow_le; lra). lra.
Qed.

(** The one of T4b, sharper for small [e]. *)
Lemma phi_le_log_square e : 0 <= e < 1 ->
  phi e <= 3 / 8 * (- ln (1 - e) - e) - e ^ 2 * (3 / 16 - e / 5).
Proof.
  intros He. destruct (Req_dec e 0) as [->|Hne]; [rewrite phi_0, (Rminus_0_r 1), ln_1; lra|].
  apply (Rmult_le_reg_r e); [lra|]. apply phi_from_excess; [exact He|].
  set (u := 1 - e). assert (Hu : 0 < u < 1) by (unfold u; lra). destruct ln_powers_ge as [L4 L8].
  replace (e ^ 2 * (3 / 16 - e / 5) * e) with ((1 - u) ^ 3 * (3 / 16 - (1 - u) / 5)) by (unfold u; field).
  set (g := (1 - u) ^ 3 * (3 / 16 - (1 - u) / 5)).
  assert (Eb : excess (3 / 8) g u (upper u) <= 0).
  { apply excess_upper; [lra|]. unfold g.
    assert (0 <= (1 - u) ^ 3 * (3 / 2 - 101 / 20 * u + 15 / 2 * u ^ 2 - 63 / 20 * u ^ 3 - 4 / 5 * u ^ 4)); [|lra].
    apply Rmult_le_pos; [apply pow_le; lra|].
    assert (0 <= (1 - u) ^ 5) by (apply pow_le; lra). assert (0 <= u * (1 - u) ^ 4) by (apply Rmult_le_pos; [|apply pow_le]; lra).
    assert (0 <= u ^ 2 * (1 - u) ^ 3) by (apply Rmult_le_pos; apply pow_le; lra).
    assert (0 <= u ^ 3 * (1 - u) ^ 2) by (apply Rmult_le_pos; apply pow_le; lra).
    assert (0 <= u ^ 4 * (1 - u)) by (apply Rmult_le_pos; [apply pow_le|]; lra). assert (0 <= u ^ 5) by (apply pow_le; lra).
    lra. }
  destruct (Rle_dec u (2 / 5)) as [H1|H1]; [|destruct (Rle_dec u (3 / 5)) as [H2|H2]].
  - apply (excess_between (3 / 8) g u 4 (6931 / 5000)); [lra|lra|exact L4| |exact Eb]. unfold g.
    destruct (Rle_dec u (3 / 20)); [|destruct (Rle_dec u (17 / 80)); [|destruct (Rle_dec u (11 / 40))]].
    + apply (excess_lower 4 (6931 / 5000) (3 / 8) _ u 0 (3 / 20)); lra.
    + apply (excess_lower 4 (6931 / 5000) (3 / 8) _ u (3 / 20) (17 / 80)); lra.
    + apply (excess_lower 4 (6931 / 5000) (3 / 8) _ u (17 / 80) (11 / 40)); lra.
    + apply (excess_lower 4 (6931 / 5000) (3 / 8) _ u (11 / 40) (2 / 5)); lra.
  - apply (excess_between (3 / 8) g u 2 (6931 / 10000)); [lra|lra|exact ln_2_ge| |exact Eb]. unfold g.
    apply (excess_lower 2 (6931 / 10000) (3 / 8) _ u (2 / 5) (3 / 5)); lra.
  - apply (excess_between (3 / 8) g u 1 0); [lra|lra|rewrite ln_1; lra| |exact Eb]. unfold g.
    apply (excess_lower 1 0 (3 / 8) _ u (3 / 5) 1); [lra|lra|lra|lra|]. intros _ _ _ _ _ _ _.
    assert (0 <= (1 - u) ^ 3 * (39 / 10 * u - 17 / 10 - 11 / 5 * u ^ 3)); [|lra].
    apply Rmult_le_pos; [apply pow_le; lra|].
    replace (39 / 10 * u - 17 / 10 - 11 / 5 * u ^ 3) with ((1 - u) * (11 / 5 * u ^ 2 + 11 / 5 * u - 17 / 10)) by field.
    apply Rmult_le_pos; [lra|]. assert (0 <= u * (u - 3 / 5)) by (apply Rmult_le_pos; lra). lra.
Qed.

(** ** The potential of T4a *)

Lemma F_4_nonneg x : 0 <= x -> 0 <= F_4 x.
Proof.
  intros Hx. unfold F_4. destruct (Rle_dec x 1); [lra|].
  assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
Qed.

Lemma F_4_linear x : 0 <= x -> F_4 x <= 34 / 25 * x.
Proof. intros Hx. unfold F_4. destruct (Rle_dec x 1); [lra|]. pose proof (ln_le_minus_1 x). lra. Qed.

(** [F_4 <= (34/75) F]. *)
Lemma F_4_le_F x : F_4 x <= 34 / 75 * F x.
Proof.
  unfold F_4, F. destruct (Rle_dec x 1); [lra|].
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

(** ** The potential of T4b *)

(** [phi] lies below its chord to 1. *)
Lemma phi_chord u t : 0 < u <= 1 -> 0 <= t <= 1 -> phi (1 - t * u) <= t * phi (1 - u) + (1 - t).
Proof.
  intros Hu Ht. destruct (Req_dec (t * u) 1) as [E|E].
  { assert (t = 1) as -> by nra. rewrite !Rmult_1_l. lra. }
  assert (Htu : 0 <= t * u) by nra. assert (Htu1 : t * u < 1) by nra.
  assert (Hh : entropy_gap (1 - t * u) <= t * entropy_gap (1 - u) + (1 - t)).
  { unfold entropy_gap. replace (1 - (1 - t * u)) with (t * u) by ring. replace (1 - (1 - u)) with u by ring.
    destruct (Req_dec t 0) as [->|Hne]; [lra|]. rewrite ln_mult by lra.
    assert (t * u * ln t <= 0); [|lra].
    assert (ln t <= 0); [|nra]. rewrite <- ln_1. destruct (Rle_lt_or_eq_dec t 1 (proj2 Ht)) as [H| ->]; [|lra].
    left. apply ln_increasing; lra. }
  pose proof (entropy_gap_range (1 - t * u)) as R1. pose proof (entropy_gap_range (1 - u)) as R2.
  apply (Rmult_le_reg_r (1 - t * u)); [lra|]. rewrite (phi_times (1 - t * u)) by lra.
  pose proof (phi_times (1 - u)) as P. pose proof (phi_nonneg (1 - u)) as Pn.
  set (h := entropy_gap (1 - u)) in *. set (f := phi (1 - u)) in *. set (g := entropy_gap (1 - t * u)) in *.
  assert (P' : f * (1 - u) = h ^ 2) by (apply P; lra).
  apply Rle_trans with ((t * h + (1 - t)) ^ 2); [apply pow_incr; lra|].
  (* Cauchy and Schwarz: [1 - t u = t (1-u) + (1-t)] *)
  assert (0 <= t * (1 - t) * (f - 2 * h + (1 - u))); [|nra].
  apply Rmult_le_pos; [nra|].
  destruct (Req_dec u 1) as [->|Hu1]; [lra|].
  apply (Rmult_le_reg_r (1 - u)); [lra|]. rewrite Rmult_0_l.
  replace ((f - 2 * h + (1 - u)) * (1 - u)) with (f * (1 - u) - 2 * h * (1 - u) + (1 - u) ^ 2) by ring.
  rewrite P'. pose proof (pow2_ge_0 (h - (1 - u))). lra.
Qed.

(** The slope of [F_5], times x. *)
Definition slope_5 (x : R) : R := 3 / 8 + 9 / (80 * x) - 1 / (5 * x ^ 2).

Lemma inverse_range x : 1 <= x -> 0 < / x <= 1 /\ x * / x = 1.
Proof.
  intros Hx. split; [|apply Rinv_r; lra]. split; [apply Rinv_0_lt_compat; lra|].
  rewrite <- Rinv_1 at 1. apply Rinv_le_contravar; lra.
Qed.

Lemma F_5_over x : 1 <= x -> F_5 x = 13 / 10 + 3 / 8 * ln x - 9 / 80 * / x + 1 / 10 * / x ^ 2.
Proof.
  intros Hx. unfold F_5. destruct (Rle_dec x 1).
  - replace x with 1 by lra. rewrite ln_1. field.
  - field. lra.
Qed.

Lemma slope_5_eq x : 1 <= x -> slope_5 x = 3 / 8 + 9 / 80 * / x - 1 / 5 * / x ^ 2.
Proof. intros Hx. unfold slope_5. field. lra. Qed.

Lemma slope_5_range x : 1 <= x -> 0 <= slope_5 x <= 103 / 80.
Proof.
  intros Hx. rewrite (slope_5_eq x Hx). destruct (inverse_range x Hx) as [Hv _]. rewrite <- pow_inv.
  set (v := / x) in *. simpl. nra.
Qed.

Lemma F_5_nonneg x : 0 <= x -> 0 <= F_5 x.
Proof.
  intros Hx. destruct (Rle_dec x 1) as [H|H]; [unfold F_5; destruct (Rle_dec x 1); lra|].
  rewrite F_5_over by lra. destruct (inverse_range x ltac:(lra)) as [Hv _]. rewrite <- pow_inv.
  assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). pose proof (pow2_ge_0 (/ x)). lra.
Qed.

Lemma F_5_linear x : 0 <= x -> F_5 x <= 103 / 80 * x.
Proof.
  intros Hx. destruct (Rle_dec x 1) as [H|H]; [unfold F_5; destruct (Rle_dec x 1); lra|].
  rewrite F_5_over by lra. pose proof (ln_le_minus_1 x ltac:(lra)) as L. destruct (inverse_range x ltac:(lra)) as [Hv Ev].
  rewrite <- pow_inv. set (v := / x) in *.
  assert (0 <= (1 - v) * (73 / 80 * x - 1 / 80 + 1 / 10 * v)) as P by (apply Rmult_le_pos; lra).
  replace ((1 - v) * (73 / 80 * x - 1 / 80 + 1 / 10 * v))
    with (73 / 80 * x - 73 / 80 * (x * v) - 1 / 80 + 9 / 80 * v - 1 / 10 * v ^ 2) in P by field.
  rewrite Ev in P. lra.
Qed.

(** [F_5 <= (103/240) F]. *)
Lemma F_5_le_F x : F_5 x <= 103 / 240 * F x.
Proof.
  destruct (Rle_dec x 1) as [H|H].
  { unfold F_5, F. destruct (Rle_dec x 1); lra. }
  rewrite F_5_over by lra. unfold F. destruct (Rle_dec x 1); [lra|].
  destruct (inverse_range x ltac:(lra)) as [Hv _]. pose proof (ln_le_minus_1 (/ x) (proj1 Hv)) as L.
  rewrite ln_Rinv in L by lra. rewrite <- pow_inv. set (v := / x) in *.
  assert (0 <= (1 - v) * v) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma F_5_below x r : 0 <= x < 1 -> 0 <= r -> F_5 (x * r) <= F_5 x + 103 / 80 * x * (r - 1).
Proof.
  intros Hx Hr. assert (0 <= x * r) by nra. pose proof (F_5_linear (x * r)).
  unfold F_5 at 2. destruct (Rle_dec x 1); lra.
Qed.

(** Where both arguments are above 1 the difference is a quadratic function of [w = 1/(x r)]. *)
Lemma F_5_difference x r : 1 <= x -> 1 <= x * r -> 0 < r ->
  F_5 x + slope_5 x * (r - 1) - F_5 (x * r)
  = 3 / 8 * (- ln r - (1 - r)) + 9 / 80 * / (x * r) * (1 - r) ^ 2
    - 1 / 10 * (/ (x * r)) ^ 2 * (1 - r) ^ 2 * (1 + 2 * r).
Proof.
  intros Hx Hy Hr. rewrite (F_5_over x Hx), (F_5_over _ Hy), (slope_5_eq x Hx), ln_mult by lra. field. lra.
Qed.

Lemma F_5_above_1 x r : 1 <= x -> 1 <= x * r -> 0 < r ->
  phi (Rmax 0 (1 - r)) <= F_5 x + slope_5 x * (r - 1) - F_5 (x * r).
Proof.
  intros Hx Hy Hr. rewrite (F_5_difference x r Hx Hy Hr). destruct (inverse_range _ Hy) as [Hw Ew].
  set (w := / (x * r)) in *. destruct (Rle_dec r 1) as [H1|H1].
  - rewrite Rmax_right by lra. set (e := 1 - r) in *. assert (He : 0 <= e < 1) by (unfold e; lra).
    pose proof (phi_le_log e He) as P0. pose proof (phi_le_log_square e He) as P1.
    replace (1 - e) with r in P0, P1 by (unfold e; ring). set (l := - ln r) in *.
    assert (Hl : 0 <= l - e).
    { pose proof (ln_le_minus_1 r Hr). unfold l, e. lra. }
    assert (Q0 : 0 <= (1 - w) * (3 / 8 * (l - e) - phi e)) by (apply Rmult_le_pos; lra).
    assert (Q1 : 0 <= w * (3 / 8 * (l - e) - e ^ 2 * (3 / 16 - e / 5) - phi e)) by (apply Rmult_le_pos; lra).
    assert (Q2 : 0 <= w * (1 - w) * (e ^ 2 * (1 + 2 * r))).
    { apply Rmult_le_pos; [apply Rmult_le_pos; lra|apply Rmult_le_pos; [apply pow2_ge_0|lra]]. }
    replace (1 + 2 * r) with (3 - 2 * e) in * by (unfold e; ring). lra.
  - rewrite Rmax_left, phi_0 by lra. set (e := r - 1). assert (He : 0 < e) by (unfold e; lra).
    assert (L : 3 * e ^ 2 / (4 * r + 2) <= - ln r - (1 - r)).
    { pose proof (ln_le_rational r Hr) as L.
      replace (3 * e ^ 2 / (4 * r + 2)) with ((r - 1) - (r - 1) * (r + 5) / (4 * r + 2)) by (unfold e; field; lra). lra. }
    assert (Hwr : w * r <= 1).
    { assert (w * r * x = 1) as E by (rewrite <- Ew; ring). assert (0 <= w * r) by nra. nra. }
    replace ((1 - r) ^ 2) with (e ^ 2) by (unfold e; ring).
    assert (Hin : 0 <= 9 / 8 / (4 * r + 2) + 9 / 80 * w - 1 / 10 * w ^ 2 * (1 + 2 * r)).
    { apply (Rmult_le_reg_l (80 * (2 * r + 1))); [lra|]. rewrite Rmult_0_r.
      replace (80 * (2 * r + 1) * (9 / 8 / (4 * r + 2) + 9 / 80 * w - 1 / 10 * w ^ 2 * (1 + 2 * r)))
        with (45 + 9 * w * (2 * r + 1) - 8 * (w * (1 + 2 * r)) ^ 2) by (field; lra).
      assert (0 <= w) by lra. assert (w * (1 + 2 * r) <= 3) by nra. assert (0 <= w * (1 + 2 * r)) by nra.
      assert (0 <= (3 - w * (1 + 2 * r)) * (15 + 8 * (w * (1 + 2 * r)))) by (apply Rmult_le_pos; lra). lra. }
    apply (Rmult_le_compat_l (e ^ 2)) in Hin; [|apply pow2_ge_0]. unfold Rdiv in *. lra.
Qed.

Theorem F_5_above x r : 1 <= x -> 0 <= r ->
  phi (Rmax 0 (1 - r)) <= F_5 x + slope_5 x * (r - 1) - F_5 (x * r).
Proof.
  intros Hx Hr. destruct (Rle_dec 1 (x * r)) as [Hy|Hy].
  { apply F_5_above_1; [exact Hx|exact Hy|]. destruct Hr as [Hr|<-]; [exact Hr|lra]. }
  (* Below 1 both sides are compared along a chord in [r], from [1/x] to 0. *)
  destruct (inverse_range x Hx) as [Hu Eu]. set (u := / x) in *. set (t := x * r) in *.
  assert (Ht : 0 <= t <= 1) by (split; [unfold t; apply Rmult_le_pos; lra|lra]).
  assert (Er : r = t * u) by (unfold t; rewrite <- (Rmult_1_r r) at 1; rewrite <- Eu; ring).
  assert (Ft : F_5 t = 103 / 80 * t) by (unfold F_5; destruct (Rle_dec t 1); lra).
  assert (F1 : F_5 1 = 103 / 80) by (unfold F_5; destruct (Rle_dec 1 1); lra).
  pose proof (F_5_above_1 x u Hx ltac:(lra) (proj1 Hu)) as D1. rewrite Eu, F1, Rmax_right in D1 by lra.
  assert (D0 : 0 <= F_5 x - slope_5 x - 1).
  { rewrite (F_5_over x Hx), (slope_5_eq x Hx). pose proof (ln_ge_rational x ltac:(lra)) as L.
    apply Rle_trans with (13 / 10 + 3 / 8 * ((x - 1) * (5 * x + 1) / (2 * x * (x + 2))) - 9 / 80 * / x + 1 / 10 * / x ^ 2
      - (3 / 8 + 9 / 80 * / x - 1 / 5 * / x ^ 2) - 1); [|lra].
    replace (13 / 10 + 3 / 8 * ((x - 1) * (5 * x + 1) / (2 * x * (x + 2))) - 9 / 80 * / x + 1 / 10 * / x ^ 2
      - (3 / 8 + 9 / 80 * / x - 1 / 5 * / x ^ 2) - 1)
      with ((x - 1) ^ 2 * (69 * x + 48) * / (80 * x ^ 2 * (x + 2))) by (field; lra).
    apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow2_ge_0|lra]|]. left. apply Rinv_0_lt_compat.
    apply Rmult_lt_0_compat; [|lra]. apply Rmult_lt_0_compat; [lra|apply pow_lt; lra]. }
  pose proof (phi_chord u t Hu Ht) as P. rewrite Ft. rewrite <- Er in P.
  assert (r <= 1) by nra. rewrite Rmax_right by lra. rewrite Er at 2.
  apply (Rmult_le_compat_l t) in D1; [|lra]. apply (Rmult_le_compat_l (1 - t)) in D0; [|lra]. lra.
Qed.
