(** Step 2 and step 3 of the proof of T1: the log lemma, and the drop of the potential [F]. *)
From Coq Require Import Reals Lra.
From ExactCBIL Require Import Statements.
Open Scope R_scope.

Lemma ln_le_minus_1 x : 0 < x -> ln x <= x - 1.
Proof.
  intros Hx. pose proof (exp_ineq1_le (ln x)). rewrite exp_ln in H by exact Hx. lra.
Qed.

(** [-ln u - (1-u) - (1-u)^2/2] has derivative [-(1-u)^2/u <= 0] and vanishes at 1. *)
Theorem log_lemma u : 0 < u <= 1 -> (1 - u) + (1 - u) ^ 2 / 2 <= - ln u.
Proof.
  intros [Hu H1]. destruct (Req_dec u 1) as [->|Hne]; [rewrite ln_1; lra|].
  set (f := fun x => - ln x - (1 - x) - (1 - x) ^ 2 / 2).
  set (f' := fun x => - / x + 1 + (1 - x)).
  assert (Hd : forall c, u <= c <= 1 -> derivable_pt_lim f c (f' c)).
  { intros c Hc. unfold f, f'.
    replace (- / c + 1 + (1 - c)) with (- / c - (0 - 1) - (2 * (1 - c) ^ 1 * (0 - 1)) * / 2)
      by (simpl; lra).
    apply derivable_pt_lim_minus; [apply derivable_pt_lim_minus|].
    - apply derivable_pt_lim_opp. apply derivable_pt_lim_ln. lra.
    - apply derivable_pt_lim_minus; [apply derivable_pt_lim_const|apply derivable_pt_lim_id].
    - unfold Rdiv.
      apply (derivable_pt_lim_ext (fun x => mult_real_fct (/ 2) (comp (fun y => y ^ 2) (fun x => 1 - x)) x)).
      { intros z. unfold mult_real_fct, comp. ring. }
      replace (2 * (1 - c) ^ 1 * (0 - 1) * / 2) with (/ 2 * (2 * (1 - c) ^ 1 * (0 - 1))) by ring.
      apply derivable_pt_lim_scal. apply derivable_pt_lim_comp.
      + apply derivable_pt_lim_minus; [apply derivable_pt_lim_const|apply derivable_pt_lim_id].
      + replace (2 * (1 - c) ^ 1) with (INR 2 * (1 - c) ^ pred 2) by (simpl; ring).
        apply derivable_pt_lim_pow. }
  destruct (MVT_cor2 f f' u 1) as (c & E & Hc); [lra|exact Hd|].
  assert (f 1 = 0) as F1 by (unfold f; rewrite ln_1; simpl; lra).
  assert (f' c <= 0) as F'.
  { unfold f'. assert (0 < / c) by (apply Rinv_0_lt_compat; lra).
    assert (c * / c = 1) by (apply Rinv_r; lra). nra. }
  assert (0 <= f u) as Fu by nra. unfold f in Fu. lra.
Qed.

Lemma F_0 : F 0 = 0.
Proof. unfold F. destruct (Rle_dec 0 1); lra. Qed.

Lemma F_nonneg x : 0 <= x -> 0 <= F x.
Proof.
  intros Hx. unfold F. destruct (Rle_dec x 1); [lra|].
  assert (0 < ln x) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
Qed.

(** [F] lies below its linear piece. *)
Lemma F_linear x : 0 <= x -> F x <= 3 * x.
Proof.
  intros Hx. unfold F. destruct (Rle_dec x 1); [lra|].
  pose proof (ln_le_minus_1 x). lra.
Qed.

Lemma F_monotone x y : 0 <= x -> x <= y -> F x <= F y.
Proof.
  intros Hx Hxy. unfold F. destruct (Rle_dec x 1), (Rle_dec y 1); try lra.
  - assert (0 < ln y) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
  - destruct Hxy as [H| ->]; [|lra]. pose proof (ln_increasing x y). lra.
Qed.

(** Step 3, above the threshold. *)
Theorem drop_above x r :
  1 <= x -> 0 <= r -> Rmax 0 (1 - r) ^ 2 <= F x + 2 * (r - 1) - F (x * r).
Proof.
  intros Hx Hr.
  assert (Fx : F x = 3 + 2 * ln x).
  { unfold F. destruct (Rle_dec x 1); [|reflexivity].
    replace x with 1 by lra. rewrite ln_1. lra. }
  rewrite Fx. unfold F. destruct (Rle_dec (x * r) 1) as [Hy|Hy].
  - (* [y = x r <= 1] *)
    set (u := / x). assert (Hxu : x * u = 1) by (unfold u; apply Rinv_r; lra).
    assert (Hu : 0 < u <= 1).
    { assert (0 < u) by (unfold u; apply Rinv_0_lt_compat; lra). split; nra. }
    pose proof (log_lemma u Hu) as L.
    assert (- ln u = ln x) as E by (unfold u; rewrite ln_Rinv; lra). rewrite E in L.
    assert (Hyr : exists y, y = x * r) by (eexists; reflexivity). destruct Hyr as (y & Ey).
    assert (r = y * u) as -> by (rewrite Ey; nra).
    replace (x * (y * u)) with y in * by nra. clear Ey.
    assert (0 <= y) by nra. assert (y * u <= 1) by nra.
    rewrite Rmax_right by lra.
    set (v := 1 - u) in *.
    assert (0 <= (1 - y) * (2 * v + v ^ 2)) by (apply Rmult_le_pos; [lra|unfold v; nra]).
    assert (0 <= y * (1 - y) * u ^ 2) by (apply Rmult_le_pos; [nra|apply pow2_ge_0]).
    unfold v in *. nra.
  - assert (0 < r) by nra. rewrite ln_mult by lra.
    destruct (Rle_dec r 1) as [H1|H1].
    + rewrite Rmax_right by lra. pose proof (log_lemma r). lra.
    + rewrite Rmax_left by lra. pose proof (ln_le_minus_1 r). lra.
Qed.

(** Step 3, below the threshold. *)
Theorem drop_below x r :
  0 <= x < 1 -> 0 <= r -> 0 <= F x + 3 * x * (r - 1) - F (x * r).
Proof.
  intros Hx Hr. assert (0 <= x * r) by nra. pose proof (F_linear (x * r)).
  unfold F at 1. destruct (Rle_dec x 1); lra.
Qed.
