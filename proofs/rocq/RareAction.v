(** W2: the witness against a T5 with less than [sqrt(T)], and a worked instance of all hypotheses. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law LogLemma QueryCubes Retention Divergence Marginal Events.
Import ListNotations.
Open Scope R_scope.

Section W2.
Variables eps alpha0 : R.
Hypothesis eps_range : 0 < eps < 1.
Hypothesis alpha_half : 0 < alpha0 <= 1 / 2.

(** [true] is the rare action. *)
Definition demo_rare (h : history bool unit) (a : bool) : R := if a then eps else 1 - eps.
Definition always_usual (h : history bool unit) (a : bool) : R := if a then 0 else 1.

Definition rare_model : model bool unit :=
  {| actions := [false; true]; observations := [tt]; size := 2;
     prior := fun _ => 1 / 2;
     member := fun i => match i with 0%nat => demo_rare | _ => always_usual end;
     demo := demo_rare;
     env := fun _ _ _ => 1;
     alpha := alpha0 |}.

Lemma rare_well_formed : well_formed rare_model.
Proof.
  split; simpl; intros; try lra.
  - destruct i; (split; [intros []; simpl; unfold demo_rare, always_usual; lra|simpl; unfold demo_rare, always_usual; lra]).
  - split; [intros []; unfold demo_rare; lra|simpl; unfold demo_rare; lra].
  - split; [intros; lra|simpl; lra].
Qed.

Lemma rare_realizable : realizable rare_model 0.
Proof. split; [simpl; lia|reflexivity]. Qed.

Lemma rare_blind : query_blind rare_model.
Proof. split; reflexivity. Qed.

(** The event "[rare] never happens". *)
Definition never_rare (x : list (bool * unit)) : bool := forallb (fun ao => negb (fst ao)) x.

Lemma evidence_usual h : never_rare (strip h) = true -> evidence always_usual h = 1.
Proof.
  induction h as [|[q a o] past IH]; intros H; [reflexivity|]. simpl in *.
  apply andb_true_iff in H. destruct H as [Ha H]. rewrite (IH H).
  destruct a; [discriminate|]. destruct q; unfold always_usual; ring.
Qed.

Lemma evidence_demo_rare h : 0 <= evidence demo_rare h <= 1.
Proof.
  induction h as [|[q a o] past IH]; simpl; [lra|].
  assert (0 <= (if q then demo_rare past a else 1) <= 1).
  { destruct q; [destruct a; unfold demo_rare; lra|lra]. } nra.
Qed.

Lemma usual_in_top h : never_rare (strip h) = true -> In 1%nat (top rare_model h).
Proof.
  intros H. apply (top_intro rare_model rare_well_formed); [simpl; lia| |].
  - unfold weight. simpl. rewrite (evidence_usual h H). lra.
  - unfold members, weight. simpl. rewrite (evidence_usual h H).
    pose proof (evidence_demo_rare h).
    destruct (Rleb (1 / 2 * 1) (1 / 2 * evidence demo_rare h)), (Rleb (1 / 2 * 1) (1 / 2 * 1)); nra.
Qed.

Lemma rare_step h : never_rare (strip h) = true ->
  imitator rare_model h true = 0 /\ theta rare_model h <= eps.
Proof.
  intros H. pose proof (usual_in_top h H) as Hin. pose proof (imitator_le rare_model 1 h true Hin) as H1.
  pose proof (imitator_nonneg rare_model rare_well_formed h true) as H0.
  change (member rare_model 1 h true) with 0 in H1.
  assert (E : imitator rare_model h true = 0) by lra. split; [exact E|].
  unfold theta. simpl (actions rare_model). simpl (Sum _ _). rewrite E.
  destruct (imitator_attained rare_model h false) as (i & Hi & ->); [intros E'; rewrite E' in Hin; destruct Hin|].
  apply (top_member rare_model rare_well_formed) in Hi. simpl in *. destruct i; unfold demo_rare, always_usual; lra.
Qed.

Lemma W2_from T h : never_rare (strip h) = true ->
  (1 - eps ^ 2) ^ T <= expect rare_model (imitator_kernel rare_model) T h (fun g => indicator (never_rare (strip g))).
Proof.
  pose proof (imitator_stochastic_always rare_model rare_well_formed) as St.
  revert h. induction T as [|T IH]; intros h H; [simpl; rewrite H; simpl; lra|].
  cbn [expect]. set (c := (1 - eps ^ 2) ^ T).
  assert (Hc : 0 <= c) by (apply pow_le; nra).
  apply Rle_trans with (∑ s ∈ (steps rare_model), imitator_kernel rare_model h s
     * (fun (_ : bool) (a : bool) => if a then 0 else c) (queried s) (act s)).
  - rewrite (imitator_kernel_step rare_model rare_well_formed h (fun _ a => if a then 0 else c)).
    destruct (rare_step h H) as [E Ht]. pose proof (theta_nonneg rare_model rare_well_formed h) as Ht0.
    assert (Hs : imitator rare_model h false = 1 - theta rare_model h).
    { pose proof (imitator_sum rare_model h) as Hs. simpl in Hs. rewrite E in Hs. lra. }
    change ((1 - eps ^ 2) * c <= imitator rare_model h false * c + (imitator rare_model h true * 0 + 0)
      + theta rare_model h * ((1 - eps) * c + (eps * 0 + 0))).
    rewrite E, Hs.
    assert (c * (theta rare_model h * eps) <= c * (eps * eps)).
    { apply Rmult_le_compat_l; [exact Hc|]. apply Rmult_le_compat_r; lra. }
    nra.
  - apply Sum_le. intros s _. apply Rmult_le_compat_l; [apply imitator_kernel_nonneg, rare_well_formed|].
    destruct s as [q a o]. simpl. destruct a.
    + apply (expect_nonneg rare_model _ _ St); [exact I|]. intros g _. apply indicator_range.
    + apply IH. simpl. exact H.
Qed.

(** W2 for the imitator ... *)
Theorem W2_rare_action T :
  (1 - eps ^ 2) ^ T <= P_i_event rare_model T never_rare.
Proof. apply W2_from. reflexivity. Qed.

(** ... and for the demonstrator. *)
Theorem W2_demonstrator T : P_d_event rare_model T never_rare = (1 - eps) ^ T.
Proof.
  unfold P_d_event, E_d.
  assert (G : forall T h, expect rare_model (demo_kernel rare_model) T h (fun g => indicator (never_rare (strip g)))
     = (if never_rare (strip h) then (1 - eps) ^ T else 0)); [|apply (G T [])].
  clear T. induction T as [|T IH]; intros h; [simpl; unfold indicator; destruct (never_rare _); reflexivity|].
  cbn [expect]. rewrite (Sum_ext _ _ (fun s => demo_kernel rare_model h s
     * (fun (_ : bool) (a : bool) => if a then 0 else if never_rare (strip h) then (1 - eps) ^ T else 0) (queried s) (act s))).
  - rewrite (demo_kernel_step rare_model rare_well_formed h
      (fun _ a => if a then 0 else if never_rare (strip h) then (1 - eps) ^ T else 0)).
    simpl. unfold demo_rare. destruct (never_rare (strip h)); ring.
  - intros s _. rewrite IH. destruct s as [q a o]. simpl. destruct a; reflexivity.
Qed.

(** [S] does not depend on [eps]. *)
Theorem W2_bound_constant : S_bound rare_model 0 = F (1 / tau rare_model).
Proof.
  unfold S_bound. simpl. rewrite Rplus_0_r. f_equal. unfold ratio, weight. simpl.
  f_equal. field.
Qed.

(** ** A worked instance *)
Lemma rare_theta_start : 0 < theta rare_model [].
Proof.
  assert (Hd : In 0%nat (top rare_model [])).
  { apply (top_intro rare_model rare_well_formed); [simpl; lia|unfold weight; simpl; lra|].
    unfold members, weight. simpl. destruct (Rleb (1 / 2 * 1) (1 / 2 * 1)); lra. }
  pose proof (imitator_le rare_model 0 [] false Hd) as H0.
  destruct (rare_step [] eq_refl) as [E _].
  unfold theta. simpl (actions rare_model). simpl (Sum _ _). rewrite E.
  change (member rare_model 0 [] false) with (1 - eps) in H0. lra.
Qed.
End W2.

(** All hypotheses hold together, and the learner is not idle. *)
Theorem instance_hypotheses_hold : exists (M : model bool unit) (d : nat),
  well_formed M /\ realizable M d /\ query_blind M /\ alpha M < 1 / 2 /\ 0 < S_bound M d
  /\ 0 < P_d_event M 3 never_rare < 1 /\ 0 < theta M [].
Proof.
  exists (rare_model (1 / 2) (1 / 4)), 0%nat.
  split; [apply rare_well_formed; lra|]. split; [apply rare_realizable|]. split; [apply rare_blind|].
  split; [simpl; lra|]. split.
  - rewrite W2_bound_constant. unfold tau. simpl. destruct (Rle_dec (1 / 4) (1 / 2)); [|lra].
    replace (1 / (1 / 4 / (1 - 1 / 4))) with 3 by field.
    unfold F. destruct (Rle_dec 3 1); [lra|].
    assert (0 < ln 3) by (rewrite <- ln_1; apply ln_increasing; lra). lra.
  - split; [rewrite W2_demonstrator by lra; simpl; lra|apply rare_theta_start; lra].
Qed.

(** What follows for T5: with [eps = 1/n] and [T = n^2] the imitator never acts rarely with probability
    at least [exp (-4/3)], while [ln (1/P_d(B)) >= n = sqrt T]; so a bound [P_i(B) <= retention + g / ln(1/P_d(B))] whose
    [g] grows slower than [sqrt T] fails. *)
Lemma ln_one_minus u : 0 <= u < 1 -> - (u / (1 - u)) <= ln (1 - u).
Proof.
  intros Hu. assert (0 < / (1 - u)) as Hi by (apply Rinv_0_lt_compat; lra).
  pose proof (ln_le_minus_1 _ Hi) as L. rewrite ln_Rinv in L by lra.
  replace (/ (1 - u) - 1) with (u / (1 - u)) in L by (field; lra). lra.
Qed.

Theorem W2_consequence (n : nat) (alpha0 : R) : (2 <= n)%nat -> 0 < alpha0 <= 1 / 2 ->
  let M := rare_model (1 / INR n) alpha0 in
  let T := (n * n)%nat in
  exp (- (4 / 3)) <= P_i_event M T never_rare /\
  sqrt (INR T) <= ln (1 / P_d_event M T never_rare).
Proof.
  intros Hn Ha M T. assert (2 <= INR n) as HN by (change 2 with (INR 2); apply le_INR, Hn).
  set (N := INR n) in *. set (e := 1 / N).
  assert (HT : INR T = N * N) by apply mult_INR.
  assert (He : 0 < e <= 1 / 2).
  { unfold e. split; [apply Rdiv_lt_0_compat; lra|]. unfold Rdiv. rewrite !Rmult_1_l. apply Rinv_le_contravar; lra. }
  assert (HeN : e * N = 1) by (unfold e; field; lra).
  split.
  - eapply Rle_trans; [|apply (W2_rare_action e alpha0); lra].
    assert (He2 : 0 < e ^ 2 <= 1 / 4) by nra.
    rewrite <- Rpower_pow by lra. unfold Rpower.
    assert (- (4 / 3) <= INR T * ln (1 - e ^ 2)) as Hexp.
    { pose proof (ln_one_minus (e ^ 2)) as L. rewrite HT.
      apply Rle_trans with (N * N * (- (e ^ 2 / (1 - e ^ 2)))).
      - replace (N * N * - (e ^ 2 / (1 - e ^ 2))) with (- ((e * N) ^ 2 * / (1 - e ^ 2))) by (field; lra).
        rewrite HeN. assert (/ (1 - e ^ 2) <= / (3 / 4)) by (apply Rinv_le_contravar; lra). lra.
      - apply Rmult_le_compat_l; [nra|]. apply L. lra. }
    destruct Hexp as [Hexp|Hexp]; [left; apply exp_increasing, Hexp|right; rewrite Hexp; reflexivity].
  - unfold M. rewrite W2_demonstrator by (fold e; lra). fold e.
    rewrite HT, sqrt_square by lra. unfold Rdiv at 1. rewrite Rmult_1_l.
    rewrite ln_Rinv by (apply pow_lt; lra). rewrite ln_pow by lra. rewrite HT.
    pose proof (ln_le_minus_1 (1 - e)) as L.
    assert (N * N * e <= N * N * - ln (1 - e)) as Hm by (apply Rmult_le_compat_l; [nra|lra]).
    replace (N * N * e) with N in Hm by (rewrite Rmult_assoc, (Rmult_comm N e), HeN; ring). lra.
Qed.
