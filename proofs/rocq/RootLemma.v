(** The lemma of T6 and T7: what one answer takes from a potential that grows like a root. *)
From Coq Require Import Reals Lra Psatz.
From ExactCBIL Require Import Statements.
Open Scope R_scope.

Section Potential.
Variable k : R.
Hypothesis Hk : 2 <= k.

Lemma root_potential_ge_1 x : 0 <= x -> 1 <= root_potential k x.
Proof.
  intros Hx. unfold root_potential. destruct (Rle_dec x 1); [nra|].
  assert (1 <= sqrt x) by (rewrite <- sqrt_1; apply sqrt_le_1; lra). nra.
Qed.

(** It lies below its linear piece. *)
Lemma root_potential_linear x : 0 <= x -> root_potential k x <= 1 + (k - 1) * x.
Proof.
  intros Hx. unfold root_potential. destruct (Rle_dec x 1); [lra|].
  assert (1 <= sqrt x) by (rewrite <- sqrt_1; apply sqrt_le_1; lra).
  rewrite <- (sqrt_sqrt x Hx) at 2. set (s := sqrt x) in *.
  assert (0 <= ((k - 1) * s - 1) * (s - 1)) by (apply Rmult_le_pos; nra). lra.
Qed.

Lemma shrink_below x r :
  0 <= x < 1 -> 0 <= r -> root_potential k (x * r) <= root_potential k x + (k - 1) * x * (r - 1).
Proof.
  intros Hx Hr. assert (0 <= x * r) by nra. pose proof (root_potential_linear (x * r)).
  unfold root_potential at 2. destruct (Rle_dec x 1); lra.
Qed.

(** What it pays for: any gain below both of these. *)
Variable gain : R -> R.
Hypothesis gain_0 : gain 0 = 0.
Hypothesis gain_square : forall s, 0 <= s <= 1 -> gain (1 - s * s) <= (1 - s) ^ 2 / 2.
Hypothesis gain_linear : forall u, 0 <= u <= 1 -> k * gain u <= (k / 2 - 1) * u.

(** With [x = y^2] and [r = s^2] the slack is, for [x r <= 1], concave in [y] between 1 and [1/s]. *)
Lemma shrink_above x r : 1 <= x -> 0 <= r ->
  root_potential k (x * r)
  <= root_potential k x * (1 - gain (Rmax 0 (1 - r))) + root_potential k x / 2 * (r - 1).
Proof.
  intros Hx Hr. set (y := sqrt x). set (s := sqrt r).
  assert (Hy : 1 <= y) by (unfold y; rewrite <- sqrt_1; apply sqrt_le_1; lra).
  assert (Hs : 0 <= s) by apply sqrt_pos.
  assert (Ex : x = y * y) by (symmetry; apply sqrt_sqrt; lra).
  assert (Er : r = s * s) by (symmetry; apply sqrt_sqrt; lra).
  assert (Px : root_potential k x = k * y).
  { unfold root_potential. destruct (Rle_dec x 1); [|reflexivity].
    assert (y = 1) as -> by nra. nra. }
  rewrite Px. unfold root_potential. destruct (Rle_dec (x * r) 1) as [H1|H1].
  - assert (Hys : y * s <= 1) by nra.
    assert (Hs1 : s <= 1) by nra.
    rewrite Rmax_right by nra. rewrite Er. set (g := gain (1 - s * s)).
    assert (A : g <= (1 - s) ^ 2 / 2) by (apply gain_square; lra).
    assert (B : k * g <= (k / 2 - 1) * (1 - s * s)) by (apply gain_linear; nra).
    rewrite Ex. set (K := k * ((1 + s * s) / 2 - g)).
    assert (HA : 0 <= K - k * s) by (unfold K; nra).
    assert (HB : 0 <= K - 1 - (k - 1) * (s * s)) by (unfold K; nra).
    assert (Goal : 0 <= K * y - 1 - (k - 1) * (s * s) * (y * y)).
    { destruct (Req_dec s 1) as [Es|Es].
      { assert (y = 1) as -> by nra. rewrite Es in *. lra. }
      apply (Rmult_le_reg_l (1 - s)); [lra|]. rewrite Rmult_0_r.
      assert (0 <= (1 - y * s) * (K - 1 - (k - 1) * (s * s))) by (apply Rmult_le_pos; lra).
      assert (0 <= (y - 1) * (K - k * s)) by (apply Rmult_le_pos; lra).
      assert (0 <= (k - 1) * s * (y - 1) * (1 - s) * (1 - y * s)).
      { repeat apply Rmult_le_pos; lra. }
      lra. }
    unfold K in Goal. lra.
  - rewrite sqrt_mult by lra. fold y s. rewrite Er.
    assert (Hg : gain (Rmax 0 (1 - s * s)) <= (1 - s) ^ 2 / 2).
    { destruct (Rle_dec s 1) as [Hs1|Hs1].
      - rewrite Rmax_right by nra. apply gain_square. lra.
      - rewrite Rmax_left by nra. rewrite gain_0. nra. }
    assert (0 < k * y) by nra.
    assert (0 <= k * y * ((1 - s) ^ 2 / 2 - gain (Rmax 0 (1 - s * s)))) by (apply Rmult_le_pos; lra).
    lra.
Qed.
End Potential.

(** The lemma for the square, rate 1/8, and for the cube, rate 1/4. *)
Theorem Psi2_lemma x r : 1 <= x -> 0 <= r ->
  Psi2 (x * r) <= Psi2 x * (1 - 1 / 8 * Rmax 0 (1 - r) ^ 2) + Psi2 x / 2 * (r - 1).
Proof.
  apply (shrink_above (8 / 3)) with (gain := fun u => 1 / 8 * u ^ 2); [lra|simpl; lra| |].
  - intros s Hs. assert (0 <= (1 - s) ^ 2 * ((1 - s) * (3 + s))).
    { apply Rmult_le_pos; [apply pow2_ge_0|nra]. } nra.
  - intros u Hu. nra.
Qed.

Theorem Psi3_lemma x r : 1 <= x -> 0 <= r ->
  Psi3 (x * r) <= Psi3 x * (1 - 1 / 4 * Rmax 0 (1 - r) ^ 3) + Psi3 x / 2 * (r - 1).
Proof.
  apply (shrink_above 4) with (gain := fun u => 1 / 4 * u ^ 3); [lra|simpl; lra| |].
  - intros s Hs.
    assert (0 <= (1 - s) ^ 2 * ((s ^ 2 + s - 3 / 4) ^ 2 + (s - 1 / 2) ^ 2 / 2 + 5 / 16)).
    { apply Rmult_le_pos; [apply pow2_ge_0|].
      pose proof (pow2_ge_0 (s ^ 2 + s - 3 / 4)). pose proof (pow2_ge_0 (s - 1 / 2)). lra. }
    lra.
  - intros u Hu. assert (0 <= u * ((1 - u) * (1 + u))) by (repeat apply Rmult_le_pos; lra). lra.
Qed.
