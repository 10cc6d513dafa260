(** W4: the constant 3 of T1 and T1a is sharp, and with [k] actions none below [blocks_constant k] will do.

    There are [N] alternatives, of equal odds [z] at first; one of odds [x z] is at *level* [x]. In a *stage* the members
    of a block, [B] alternatives of one level, each understate one action of their own, so that the imitator asks with
    probability [e] until a query is answered; then one of the block, whose action it was, falls to [x (1-e)] and the others
    rise to [x (1 + e/(B-1))]. Which one falls is chance, but it does not matter: alternatives of one level may exchange
    their names. So the levels of the *labels* follow a plan that is fixed in advance, a stage yields [e^2], and the total
    is a sum without any probability in it.

    The plan is a recursion on [d] for [B^d] alternatives of one level: let each block have its stage, then do the same with
    the [B] parts, each of one level. The share [e] is small, and 1 where the fallen would be below level 1. So at level 1
    one of a block dies, which yields 1, and the others rise to [B/(B-1)]; and small falls yield [2 (1 - 1/B) ln x] in all
    from level [x]. Together this is [blocks_constant B], which tends to 3. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz Permutation.
From ExactCBIL Require Import Sums Learner Law LogLemma PhiLemma.
Import ListNotations.
Open Scope R_scope.

(** * The yield by a finite time *)

(** Stages with query probabilities [es], one after another, each until it is answered. *)
Fixpoint yield (T : nat) (es : list R) : R :=
  match T, es with
  | S T', e :: r => e ^ 3 + ((1 - e) * yield T' es + e * yield T' r)
  | _, _ => 0
  end.

(** What is still missing at time [T] is exponentially small. *)
Lemma yield_missing e0 T es : 0 < e0 -> (forall e, In e es -> e0 <= e <= 1) ->
  ∑ e ∈ es, e ^ 2 <= yield T es + (2 ^ length es - 1) * (1 - e0 / 2) ^ T.
Proof.
  intros H0. revert es. induction T as [|T IH]; intros es He.
  - simpl. rewrite Rmult_1_r, Rplus_0_l. induction es as [|e r IH]; simpl; [lra|].
    assert (1 <= 2 ^ length r) by (apply pow_R1_Rle; lra).
    pose proof (He e (or_introl eq_refl)). specialize (IH (fun e' H' => He e' (or_intror H'))). nra.
  - destruct es as [|e r]; [simpl; lra|].
    pose proof (He e (or_introl eq_refl)) as Hr. pose proof (IH (e :: r) He) as IH1.
    pose proof (IH r (fun e' H' => He e' (or_intror H'))) as IH2.
    cbn [Sum yield length] in *. rewrite <- !tech_pow_Rmult in *.
    set (P := 2 ^ length r) in *. set (q := (1 - e0 / 2) ^ T) in *. set (V := ∑ e ∈ r, e ^ 2) in *.
    assert (1 <= P) by (apply pow_R1_Rle; lra). assert (0 <= q) by (apply pow_le; lra).
    assert ((1 - e) * (e ^ 2 + V) <= (1 - e) * (yield T (e :: r) + (2 * P - 1) * q)) as H3
      by (apply Rmult_le_compat_l; lra).
    assert (e * V <= e * (yield T r + (P - 1) * q)) as H4 by (apply Rmult_le_compat_l; lra).
    assert (q * ((2 * P - 1) - e * P) <= q * ((2 * P - 1) * (1 - e0 / 2))); [|lra].
    apply Rmult_le_compat_l; [assumption|]. nra.
Qed.

(** * Stages *)

Section Plans.
(** A block has [b + 1] members, and there are [N] labels. *)
Variable b : nat.
Hypothesis b_pos : (1 <= b)%nat.
Variable N : nat.

Notation B := (S b).

(** The labels of a block are [start + j stride], one for every action [j]. *)
Record stage : Type := Stage { start : nat; stride : nat; share : R }.

Definition block (s : stage) (j : nat) : nat := start s + j * stride s.
Definition inside (s : stage) (l : nat) : bool := existsb (fun j => Nat.eqb l (block s j)) (seq 0 B).

(** What an answer does to who understated it, and to the others of the block. *)
Definition quotient (e : R) (hit : bool) : R := if hit then 1 - e else 1 + e / INR b.

(** How many times as likely as under the demonstrator the alternative with label [l] plays [a]. *)
Definition factor (s : stage) (l a : nat) : R :=
  if inside s l then quotient (share s) (Nat.eqb l (block s a)) else 1.

(** The levels after a stage: whoever falls takes the first label of the block. *)
Definition after (s : stage) (L : nat -> R) (l : nat) : R := L l * factor s l 0.
Definition exchange (s : stage) (a l : nat) : nat :=
  if Nat.eqb l (block s 0) then block s a else if Nat.eqb l (block s a) then block s 0 else l.

Definition run (p : list stage) (L : nat -> R) : nat -> R := fold_left (fun L s => after s L) p L.

Definition good (s : stage) : Prop :=
  (0 < stride s)%nat /\ 0 <= share s <= 1 /\ forall j, (j < B)%nat -> (block s j < N)%nat.

(** A plan may be carried out: each block is at one level when its turn comes, and at the threshold. *)
Fixpoint sound (L : nat -> R) (p : list stage) : Prop :=
  match p with
  | [] => True
  | s :: r => good s /\ 1 <= L (block s 0) /\ (forall j, (j < B)%nat -> L (block s j) = L (block s 0)) /\ sound (after s L) r
  end.

Lemma INR_b : 1 <= INR b.
Proof. exact (le_INR 1 b b_pos). Qed.

Lemma block_injective s j k : good s -> block s j = block s k -> j = k.
Proof. intros (Hs & _) H. unfold block in H. nia. Qed.

Lemma inside_true s l : inside s l = true <-> exists j, (j < B)%nat /\ l = block s j.
Proof.
  unfold inside. rewrite existsb_exists. setoid_rewrite in_seq. setoid_rewrite Nat.eqb_eq.
  split; intros (j & Hj & E); exists j; (split; [lia|exact E]).
Qed.

Lemma quotient_nonneg e hit : 0 <= e <= 1 -> 0 <= quotient e hit.
Proof.
  intros He. pose proof INR_b. unfold quotient. destruct hit; [lra|].
  assert (0 <= e / INR b) by (apply Rle_mult_inv_pos; lra). lra.
Qed.

Lemma factor_nonneg s l a : good s -> 0 <= factor s l a.
Proof. intros (_ & He & _). unfold factor. destruct (inside s l); [apply quotient_nonneg, He|lra]. Qed.

(** The quotients of a block sum to its size, over the actions at one member and over the members at one action. *)
Lemma quotient_sum e (f : nat -> R) : ∑ j ∈ (seq 0 B), quotient e (Nat.eqb 0 j) * f j
  = (1 - e) * f 0%nat + (1 + e / INR b) * ∑ j ∈ (seq 1 b), f j.
Proof.
  cbn [seq Sum]. f_equal. rewrite <- Sum_scal. apply Sum_ext. intros j Hj. apply in_seq in Hj.
  destruct j; [lia|reflexivity].
Qed.

Lemma quotient_total e k : (k < B)%nat -> ∑ j ∈ (seq 0 B), quotient e (Nat.eqb k j) = INR B.
Proof.
  intros Hk. pose proof INR_b.
  rewrite (Sum_ext _ _ (fun j => (1 + e / INR b) + if Nat.eqb k j then - e - e / INR b else 0)).
  - rewrite Sum_plus, Sum_const, seq_length, (Sum_eq_single _ (fun j => if Nat.eqb k j then _ else _) k);
      [|apply seq_NoDup|apply in_seq; lia|].
    + rewrite Nat.eqb_refl, S_INR. field. lra.
    + intros j _ Hj. destruct (Nat.eqb_spec k j); congruence.
  - intros j _. unfold quotient. destruct (Nat.eqb k j); lra.
Qed.

Lemma factor_block s j a : good s -> (j < B)%nat -> factor s (block s j) a = quotient (share s) (Nat.eqb j a).
Proof.
  intros G Hj. unfold factor. rewrite (proj2 (inside_true s _)) by (exists j; auto). f_equal.
  destruct (Nat.eqb_spec j a) as [->|H]; [apply Nat.eqb_refl|].
  apply Nat.eqb_neq. intros E. exact (H (block_injective s j a G E)).
Qed.

Lemma factor_outside s l a : inside s l = false -> factor s l a = 1.
Proof. intros H. unfold factor. rewrite H. reflexivity. Qed.

Lemma factor_sum s l : good s -> ∑ a ∈ (seq 0 B), factor s l a = INR B.
Proof.
  intros G. destruct (inside s l) eqn:E.
  - apply inside_true in E. destruct E as (j & Hj & ->). rewrite <- (quotient_total (share s) j Hj).
    apply Sum_ext. intros a _. apply factor_block; assumption.
  - rewrite (Sum_ext _ _ (fun _ => 1)) by (intros; apply factor_outside, E). rewrite Sum_const, seq_length. ring.
Qed.

(** The level of a label follows the plan, whatever the answer was. *)
Lemma exchange_level s L l a : good s -> (a < B)%nat -> (forall j, (j < B)%nat -> L (block s j) = L (block s 0)) ->
  after s L (exchange s a l) = L l * factor s l a.
Proof.
  intros G Ha HL. unfold after, exchange. pose proof (fun j => factor_block s j) as Fb.
  destruct (Nat.eqb_spec l (block s 0)) as [->|H0].
  - rewrite !Fb, (HL a Ha) by (auto; lia). f_equal. f_equal. apply Nat.eqb_sym.
  - destruct (Nat.eqb_spec l (block s a)) as [->|H1].
    + rewrite !Fb, (HL a Ha), !Nat.eqb_refl by (auto; lia). reflexivity.
    + f_equal. unfold factor. destruct (inside s l); [|reflexivity].
      apply Nat.eqb_neq in H0. apply Nat.eqb_neq in H1. rewrite H0, H1. reflexivity.
Qed.

Lemma exchange_involutive s a l : exchange s a (exchange s a l) = l.
Proof.
  unfold exchange. destruct (Nat.eqb_spec l (block s 0)) as [->|H0].
  - destruct (Nat.eqb_spec (block s a) (block s 0)) as [E|_]; [exact E|]. rewrite Nat.eqb_refl. reflexivity.
  - destruct (Nat.eqb_spec l (block s a)) as [->|H1]; [rewrite Nat.eqb_refl; reflexivity|].
    apply Nat.eqb_neq in H0. apply Nat.eqb_neq in H1. rewrite H0, H1. reflexivity.
Qed.

Lemma exchange_range s a l : good s -> (a < B)%nat -> (l < N)%nat -> (exchange s a l < N)%nat.
Proof.
  intros (_ & _ & Hb) Ha Hl. unfold exchange. pose proof (Hb 0%nat ltac:(lia)). pose proof (Hb a Ha).
  destruct (Nat.eqb l (block s 0)); [assumption|]. destruct (Nat.eqb l (block s a)); assumption.
Qed.

Lemma after_nonneg s L : good s -> (forall l, 0 <= L l) -> forall l, 0 <= after s L l.
Proof. intros G H l. apply Rmult_le_pos; [apply H|apply factor_nonneg, G]. Qed.

(** A stage does not change the sum of the levels. *)
Lemma after_sum s L : good s -> (forall j, (j < B)%nat -> L (block s j) = L (block s 0)) ->
  Sum (seq 0 N) (after s L) = Sum (seq 0 N) L.
Proof.
  intros G HL. set (x := L (block s 0)) in *.
  set (moved := fun l => ∑ j ∈ (seq 0 B), if Nat.eqb l (block s j) then x * (quotient (share s) (Nat.eqb 0 j) - 1) else 0).
  assert (Hm : Sum (seq 0 N) moved = 0).
  { unfold moved. rewrite Sum_swap.
    rewrite (Sum_ext _ _ (fun j => x * quotient (share s) (Nat.eqb 0 j) - x)).
    - rewrite Sum_minus, Sum_scal, quotient_total, Sum_const, seq_length by lia. ring.
    - intros j Hj. apply in_seq in Hj. rewrite (Sum_eq_single _ _ (block s j)).
      + rewrite Nat.eqb_refl. ring.
      + apply seq_NoDup.
      + apply in_seq. pose proof (proj2 (proj2 G) j ltac:(lia)). lia.
      + intros l _ Hl. destruct (Nat.eqb_spec l (block s j)); congruence. }
  rewrite <- (Rplus_0_r (Sum _ L)), <- Hm, <- Sum_plus. apply Sum_ext. intros l _. unfold after.
  destruct (inside s l) eqn:E.
  - apply inside_true in E. destruct E as (k & Hk & ->). unfold moved.
    rewrite (Sum_eq_single _ _ k), Nat.eqb_refl, factor_block, (HL k Hk); auto; [|apply seq_NoDup|apply in_seq; lia|].
    + rewrite (Nat.eqb_sym k 0). ring.
    + intros j _ Hj. destruct (Nat.eqb_spec (block s k) (block s j)) as [E|_]; [|reflexivity].
      exfalso. apply Hj. symmetry. exact (block_injective s k j G E).
  - rewrite factor_outside by exact E. unfold moved. rewrite Sum_all_zero; [ring|].
    intros j Hj. apply in_seq in Hj. destruct (Nat.eqb_spec l (block s j)) as [->|_]; [|reflexivity].
    rewrite (proj2 (inside_true s _)) in E by (exists j; split; [lia|reflexivity]). discriminate.
Qed.

(** * The model that carries a plan out *)

Section Realisation.
Variable plan : list stage.
Variable z : R.
Hypothesis z_range : 0 < z <= 1 / 2.
Hypothesis plan_sound : sound (fun _ => 1) plan.

(** The stages to come, and the label of each alternative. *)
Fixpoint state (h : history nat unit) : list stage * (nat -> nat) :=
  match h with
  | [] => (plan, fun i => i)
  | x :: past =>
      let (rest, label) := state past in
      match queried x, rest with
      | true, s :: r => (r, fun i => exchange s (act x) (label i))
      | _, _ => (rest, label)
      end
  end.

Definition uniform (h : history nat unit) (a : nat) : R := / INR B.

Definition alternative (i : nat) (h : history nat unit) (a : nat) : R :=
  / INR B * match fst (state h) with [] => 1 | s :: _ => factor s (snd (state h) i) a end.

Definition total : R := 1 + z * INR N.

(** Member 0 is the demonstrator, and member [i + 1] the alternative [i]. *)
Definition plan_model : model nat unit :=
  {| actions := seq 0 B; observations := [tt]; size := S N;
     prior := fun i => match i with O => / total | S _ => z / total end;
     member := fun i => match i with O => uniform | S i => alternative i end;
     demo := uniform; env := fun _ _ _ => 1; alpha := z / total |}.

Notation M := plan_model.

Lemma total_ge_1 : 1 <= total.
Proof. unfold total. pose proof (pos_INR N). nra. Qed.

Lemma INR_B : 0 < INR B.
Proof. apply lt_0_INR. lia. Qed.

Lemma uniform_measure h : measure (seq 0 B) (uniform h).
Proof.
  pose proof INR_B. split; [intros a; left; apply Rinv_0_lt_compat; assumption|].
  unfold uniform. rewrite Sum_const, seq_length. field. lra.
Qed.

Lemma sound_good L p s : sound L p -> In s p -> good s.
Proof.
  revert L. induction p as [|s' p IH]; intros L; [intros _ []|].
  intros (G & _ & _ & Hp) [<-|H]; [exact G|exact (IH _ Hp H)].
Qed.

Lemma state_suffix h : incl (fst (state h)) plan.
Proof.
  induction h as [|x past IH]; [apply incl_refl|]. cbn [state].
  destruct (state past) as [rest label]. cbn [fst] in IH.
  destruct (queried x); [|exact IH]. destruct rest as [|s r]; [exact IH|].
  intros s' H. apply IH. right. exact H.
Qed.

Lemma alternative_measure i h : measure (seq 0 B) (alternative i h).
Proof.
  pose proof INR_B as HB. pose proof (state_suffix h) as Hs.
  assert (0 < / INR B) by (apply Rinv_0_lt_compat, HB).
  unfold alternative. destruct (fst (state h)) as [|s r].
  - split; [intros a; lra|]. rewrite Sum_const, seq_length. field. lra.
  - assert (G : good s) by (apply (sound_good _ _ s plan_sound), Hs; left; reflexivity). split.
    + intros a. apply Rmult_le_pos; [lra|]. apply factor_nonneg, G.
    + rewrite Sum_scal, factor_sum by exact G. field. lra.
Qed.

Lemma plan_well_formed : well_formed M.
Proof.
  pose proof total_ge_1 as Ht. assert (Hi : 0 < / total <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  split; cbn [alpha prior size actions observations member demo env plan_model].
  - unfold Rdiv. nra.
  - intros [|i] _; unfold Rdiv; nra.
  - cbn [seq Sum]. rewrite <- seq_shift, Sum_map, Sum_const, seq_length.
    right. unfold total. field. unfold total in Ht. lra.
  - intros [|i] h _; [destruct (uniform_measure h) as [H E]|destruct (alternative_measure i h) as [H E]];
      (split; [exact H|rewrite E; lra]).
  - exact uniform_measure.
  - intros h a. split; [intros; lra|simpl; lra].
Qed.

Lemma plan_realizable : realizable M 0.
Proof. split; [simpl; lia|reflexivity]. Qed.

(** ** What holds along every trajectory *)

Definition on_course (h : history nat unit) : Prop :=
  exists L u, 0 < u /\ sound L (fst (state h)) /\ (forall l, 0 <= L l) /\ Sum (seq 0 N) L = INR N
    /\ Permutation (map (snd (state h)) (seq 0 N)) (seq 0 N)
    /\ weight M 0 h = u /\ forall i, weight M (S i) h = u * z * L (snd (state h) i).

Lemma on_course_start : on_course [].
Proof.
  pose proof total_ge_1. exists (fun _ => 1), (/ total). cbn [state fst snd].
  split; [apply Rinv_0_lt_compat; lra|]. split; [exact plan_sound|]. split; [intros; lra|].
  split; [rewrite Sum_const, seq_length; ring|]. split; [rewrite map_id; apply Permutation_refl|].
  unfold weight. cbn [evidence prior plan_model]. split; [ring|]. intros i. unfold Rdiv. ring.
Qed.

Lemma relabel s a (label : nat -> nat) : good s -> (a < B)%nat ->
  Permutation (map label (seq 0 N)) (seq 0 N) -> Permutation (map (fun i => exchange s a (label i)) (seq 0 N)) (seq 0 N).
Proof.
  intros G Ha H. rewrite <- map_map. eapply Permutation_trans; [apply Permutation_map, H|].
  apply NoDup_Permutation_bis; [|rewrite map_length; lia|].
  - apply FinFun.Injective_map_NoDup; [|apply seq_NoDup].
    intros l l' E. rewrite <- (exchange_involutive s a l), E. apply exchange_involutive.
  - intros l Hl. apply in_map_iff in Hl. destruct Hl as (k & <- & Hk). apply in_seq in Hk.
    apply in_seq. pose proof (exchange_range s a k G Ha). lia.
Qed.

Lemma on_course_step h x : on_course h -> In x (steps M) -> on_course (x :: h).
Proof.
  intros (L & u & Hu & Hp & H0 & HS & Hperm & Hd & Hw) Hx.
  assert (Ha : (act x < B)%nat) by (apply (In_steps M) in Hx; destruct Hx as [Hx _]; apply in_seq in Hx; lia).
  pose proof INR_B as HB. assert (HiB : 0 < / INR B) by (apply Rinv_0_lt_compat, HB).
  unfold on_course. setoid_rewrite (weight_step M). cbn [state]. cbn [member plan_model].
  unfold alternative. destruct (state h) as [rest label]. cbn [fst snd] in *.
  destruct (queried x).
  - destruct rest as [|s r]; cbn [fst snd].
    + exists L, (u * / INR B). repeat split; auto; [nra|rewrite Hd; unfold uniform; ring|].
      intros i. rewrite Hw. ring.
    + destruct Hp as (G & _ & Heq & Hp). exists (after s L), (u * / INR B).
      split; [nra|]. split; [exact Hp|]. split; [apply after_nonneg; assumption|].
      split; [rewrite after_sum; assumption|]. split; [apply relabel; assumption|].
      split; [rewrite Hd; unfold uniform; ring|].
      intros i. rewrite (exchange_level s L (label i) (act x) G Ha Heq), Hw. ring.
  - exists L, u. cbn [fst snd]. repeat split; auto; [rewrite Hd; ring|]. intros i. rewrite Hw. ring.
Qed.

Lemma Sum_permutation {X} (l k : list X) f : Permutation l k -> Sum l f = Sum k f.
Proof. induction 1; simpl; lra. Qed.

(** Whoever is at level 1 or above is in the top set, and so is the demonstrator. *)
Lemma top_at_level h i : on_course h -> (i < S N)%nat ->
  weight M 0 h * z <= weight M i h -> In i (top M h).
Proof.
  intros (L & u & Hu & _ & H0 & HS & Hperm & Hd & Hw) Hi Hle. rewrite Hd in Hle. apply (top_intro M plan_well_formed); [exact Hi|nra|]. eapply Rle_trans; [|exact Hle].
  pose proof total_ge_1 as Ht. cbn [alpha plan_model]. unfold members. cbn [size plan_model].
  apply Rle_trans with (z / total * (∑ j ∈ (seq 0 (S N)), weight M j h)).
  - apply Rmult_le_compat_l; [apply Rle_mult_inv_pos; lra|]. apply Sum_le. intros j Hj.
    pose proof (weight_nonneg M plan_well_formed j h) as Hj'. apply in_seq in Hj. cbn [size plan_model] in Hj'.
    specialize (Hj' ltac:(lia)). destruct (Rleb _ _); lra.
  - cbn [seq Sum]. rewrite <- seq_shift, Sum_map, Hd, (Sum_ext _ _ (fun i => u * z * L (snd (state h) i))) by auto.
    rewrite Sum_scal, <- (Sum_map _ (snd (state h)) L), (Sum_permutation _ _ L Hperm), HS.
    right. unfold total in *. field. lra.
Qed.

(** The query probability of the present stage; 0 when the plan is done. *)
Definition asks (h : history nat unit) : R := match fst (state h) with [] => 0 | s :: _ => share s end.

Lemma imitator_on_course h a : on_course h -> (a < B)%nat -> imitator M h a = / INR B * (1 - asks h).
Proof.
  intros C Ha. pose proof C as (L & u & Hu & Hp & H0 & HS & Hperm & Hd & Hw).
  pose proof INR_B as HB. assert (HiB : 0 < / INR B) by (apply Rinv_0_lt_compat, HB). pose proof INR_b.
  assert (Hdemo : In 0%nat (top M h)).
  { apply (top_at_level h 0 C); [lia|]. rewrite Hd. nra. }
  apply Rle_antisym.
  - unfold asks in *. pose proof (imitator_le M 0 h a Hdemo) as Hle. cbn [member plan_model] in Hle. unfold uniform in Hle.
    destruct (fst (state h)) as [|s r] eqn:Er; [lra|]. destruct Hp as (G & H1 & Heq & _).
    (* The alternative that understates [a]. *)
    assert (In (block s a) (map (snd (state h)) (seq 0 N))) as Hin.
    { apply (Permutation_in _ (Permutation_sym Hperm)), in_seq. pose proof (proj2 (proj2 G) a Ha). lia. }
    apply in_map_iff in Hin. destruct Hin as (i & Ei & Hi). apply in_seq in Hi.
    assert (In (S i) (top M h)) as Htop.
    { apply (top_at_level h (S i) C); [lia|]. rewrite Hd, Hw, Ei, (Heq a Ha).
      rewrite <- (Rmult_1_r (u * z)) at 1. apply Rmult_le_compat_l; [nra|exact H1]. }
    eapply Rle_trans; [exact (imitator_le M (S i) h a Htop)|]. cbn [member plan_model]. unfold alternative.
    rewrite Er, Ei, factor_block, Nat.eqb_refl by assumption. unfold quotient. lra.
  - destruct (imitator_attained M h a) as ([|i] & _ & ->).
    { intros E. rewrite E in Hdemo. destruct Hdemo. }
    + cbn [member plan_model]. unfold uniform, asks. destruct (fst (state h)) as [|s r]; [lra|].
      destruct Hp as (G & _). pose proof (proj1 (proj2 G)). nra.
    + cbn [member plan_model]. unfold alternative, asks. destruct (fst (state h)) as [|s r]; [lra|].
      destruct Hp as (G & _). pose proof (proj1 (proj2 G)). apply Rmult_le_compat_l; [lra|].
      unfold factor, quotient. assert (0 <= share s / INR b) by (apply Rle_mult_inv_pos; lra).
      destruct (inside s _); [|lra]. destruct (Nat.eqb _ _); lra.
Qed.

Lemma theta_on_course h : on_course h -> theta M h = asks h.
Proof.
  intros C. unfold theta. rewrite (Sum_ext _ _ (fun _ => / INR B * (1 - asks h))).
  - cbn [actions plan_model]. rewrite Sum_const, seq_length. pose proof INR_B. field. lra.
  - intros a Ha. apply in_seq in Ha. apply imitator_on_course; [exact C|lia].
Qed.

(** The query cubes are those of the plan. *)
Theorem plan_cubes T : E_i M T (path_sum (fun h => theta M h ^ 3)) = yield T (map share plan).
Proof.
  set (g := fun h => theta M h ^ 3).
  assert (H : forall h, on_course h -> expect M (imitator_kernel M) T h (path_sum g)
    = path_sum g h + yield T (map share (fst (state h)))).
  2: { unfold E_i. rewrite (H [] on_course_start). simpl. ring. }
  induction T as [|T IH]; intros h C; [simpl; ring|]. cbn [expect].
  set (next := fun q : bool => if q then tl (fst (state h)) else fst (state h)).
  set (f := fun (q : bool) (_ : nat) => path_sum g h + g h + yield T (map share (next q))).
  rewrite (Sum_ext _ _ (fun x => imitator_kernel M h x * f (queried x) (act x))).
  2: { intros x Hx. rewrite IH by (apply on_course_step; assumption). f_equal. unfold f. cbn [path_sum]. f_equal. f_equal. f_equal.
       unfold next. cbn [state]. destruct (state h) as [[|s r] label]; destruct (queried x); reflexivity. }
  rewrite (imitator_kernel_step M plan_well_formed h f). unfold f. rewrite !Sum_scal_r.
  rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _).
  rewrite (demo_sum M plan_well_formed h : Sum (actions M) (demo M h) = 1). unfold g. rewrite (theta_on_course h C).
  unfold next, asks. destruct (fst (state h)) as [|s r]; [destruct T; simpl; ring|]. cbn [map tl yield]. ring.
Qed.

Lemma plan_S_lin : S_lin M 0 = 3 * (INR N * (1 + z * (INR N - 1))).
Proof.
  pose proof total_ge_1 as Ht. pose proof (pos_INR N). unfold S_lin, tau. cbn [alpha prior plan_model].
  assert (z / total <= 1 / 2).
  { apply (Rmult_le_reg_r total); [lra|]. replace (z / total * total) with z by (field; lra). nra. }
  destruct (Rle_dec (z / total) (1 / 2)); [|lra]. unfold total in *. field. repeat split; nra.
Qed.
End Realisation.

(** * The potential of blocks *)

Lemma INR_B_eq : INR B = INR b + 1 /\ 0 < / INR B <= 1 / 2.
Proof.
  pose proof INR_b. rewrite S_INR. split; [reflexivity|]. split; [apply Rinv_0_lt_compat; lra|].
  apply (Rmult_le_reg_r (INR b + 1)); [lra|]. rewrite Rinv_l; lra.
Qed.

Lemma ln_above_1 y : 0 <= y -> y - y ^ 2 / 2 <= ln (1 + y).
Proof.
  intros Hy. eapply Rle_trans; [|apply ln_ge_rational; lra].
  assert (0 < 2 * (1 + y) * (1 + y + 2)) as Hd by nra. apply (Rmult_le_reg_r _ _ _ Hd).
  replace ((1 + y - 1) * (5 * (1 + y) + 1) / (2 * (1 + y) * (1 + y + 2)) * (2 * (1 + y) * (1 + y + 2)))
    with (y * (6 + 5 * y)) by (field; lra). assert (0 <= y ^ 3) by (apply pow_le; exact Hy). nra.
Qed.

(** What the plan pays for nearly: its slope in [ln x] is what small falls among [B] yield, and its value at 1 what is
    gained where one of [B] dies. *)
Definition blocks_potential (x : R) : R :=
  if Rlt_dec x 1 then 0 else blocks_constant B + 2 * INR b / INR B * ln x.

Lemma blocks_potential_0 : blocks_potential 0 = 0.
Proof. unfold blocks_potential. destruct (Rlt_dec 0 1); lra. Qed.

Lemma blocks_potential_above x : 1 <= x -> blocks_potential x = blocks_constant B + 2 * INR b / INR B * ln x.
Proof. intros Hx. unfold blocks_potential. destruct (Rlt_dec x 1); lra. Qed.

Lemma blocks_constant_eq : blocks_constant B = 1 + 2 * INR b / INR B * (INR b * ln (1 + 1 / INR b)).
Proof.
  pose proof INR_b as Hb. destruct INR_B_eq as [EB Hi]. unfold blocks_constant.
  replace (INR B - 1) with (INR b) by lra. replace (INR B / INR b) with (1 + 1 / INR b) by (rewrite EB; field; lra).
  field. lra.
Qed.

(** The constant tends to 3. *)
Lemma blocks_constant_range : 3 - 3 / INR B <= blocks_constant B <= 3.
Proof.
  rewrite blocks_constant_eq. pose proof INR_b as Hb. destruct INR_B_eq as [EB Hi]. set (c := INR b) in *.
  assert (Hc : 0 < 1 / c) by (apply Rdiv_lt_0_compat; lra).
  pose proof (ln_above_1 (1 / c) ltac:(lra)) as Hl. pose proof (ln_le_minus_1 (1 + 1 / c) ltac:(lra)) as Hu.
  apply (Rmult_le_compat_l c) in Hl; [|lra]. apply (Rmult_le_compat_l c) in Hu; [|lra].
  replace (c * (1 / c - (1 / c) ^ 2 / 2)) with (1 - / c / 2) in Hl by (field; lra).
  replace (c * (1 + 1 / c - 1)) with 1 in Hu by (field; lra).
  assert (0 <= 2 * c / INR B) as Hk by (apply Rle_mult_inv_pos; lra).
  assert (2 * c / INR B = 2 - 2 / INR B) as E by (rewrite EB; field; lra).
  apply (Rmult_le_compat_l _ _ _ Hk) in Hl. apply (Rmult_le_compat_l _ _ _ Hk) in Hu.
  replace (2 * c / INR B * (1 - / c / 2)) with (2 - 3 / INR B) in Hl by (rewrite EB; field; lra).
  assert (0 < 2 / INR B) by (unfold Rdiv; nra). lra.
Qed.

Lemma blocks_potential_le_root x : 1 <= x -> blocks_potential x <= 4 * sqrt x.
Proof.
  intros Hx. rewrite blocks_potential_above by exact Hx. pose proof blocks_constant_range as HD.
  pose proof INR_b as Hb. destruct INR_B_eq as [EB Hi].
  assert (Hr : 0 < sqrt x) by (apply sqrt_lt_R0; lra). pose proof (ln_le_minus_1 (sqrt x) Hr) as Hl.
  assert (E : ln x = 2 * ln (sqrt x)) by (rewrite <- (sqrt_sqrt x) at 1 by lra; rewrite ln_mult by assumption; ring).
  assert (0 <= ln x) by (rewrite <- ln_1; destruct Hx as [Hx| <-]; [left; apply ln_increasing|]; lra).
  assert (2 * INR b / INR B <= 2).
  { apply (Rmult_le_reg_r (INR B)); [lra|]. replace (2 * INR b / INR B * INR B) with (2 * INR b) by (field; lra). lra. }
  nra.
Qed.

(** * The plan *)

(** A fall from above level 1 is small. *)
Variable e : R.
Hypothesis e_range : 0 < e <= 1 / 2.

(** By how much a member of a block falls from level [x >= 1], and the levels of the parts, that of the fallen first. *)
Definition fall_share (x : R) : R := if Rlt_dec (x * (1 - e)) 1 then 1 else e.
Definition part_level (x : R) (j : nat) : R := x * quotient (fall_share x) (Nat.eqb 0 j).

(** For the labels from [s], of which there are [B^d], at level [x]; the level 0 of the dead is the only one below 1. *)
Fixpoint nested (d : nat) (x : R) (s : nat) : list stage :=
  match d with
  | O => []
  | S d' =>
      let P := (B ^ d')%nat in
      if Rlt_dec x 1 then []
      else map (fun t => Stage (s + t) P (fall_share x)) (seq 0 P)
           ++ flat_map (fun j => nested d' (part_level x j) (s + j * P)) (seq 0 B)
  end.

(** What one label yields. *)
Fixpoint value (d : nat) (x : R) : R :=
  match d with
  | O => 0
  | S d' => if Rlt_dec x 1 then 0 else (fall_share x ^ 2 + ∑ j ∈ (seq 0 B), value d' (part_level x j)) / INR B
  end.

Lemma fall_share_range x : e <= fall_share x <= 1.
Proof. unfold fall_share. destruct (Rlt_dec _ 1); lra. Qed.

Lemma part_level_range x j : 1 <= x -> part_level x j = 0 \/ 1 <= part_level x j.
Proof.
  intros Hx. pose proof (fall_share_range x) as He. pose proof INR_b.
  unfold part_level, quotient. destruct (Nat.eqb 0 j).
  - unfold fall_share in *. destruct (Rlt_dec _ 1); [left; ring|right; lra].
  - right. assert (0 <= fall_share x / INR b) by (apply Rle_mult_inv_pos; lra). nra.
Qed.

(** ** It may be carried out *)

Lemma sound_app p q L : sound L p -> sound (run p L) q -> sound L (p ++ q).
Proof.
  revert L. induction p as [|s p IH]; intros L Hp Hq; [exact Hq|].
  destruct Hp as (G & H1 & Heq & Hp). repeat split; try assumption; try apply G. apply IH; assumption.
Qed.

Lemma run_app p q L : run (p ++ q) L = run q (run p L).
Proof. apply fold_left_app. Qed.

Lemma digits P j t j' t' : (t < P)%nat -> (t' < P)%nat -> (t + j * P = t' + j' * P)%nat -> t = t'.
Proof. intros Ht Ht' E. destruct (lt_eq_lt_dec j j') as [[H| ->]|H]; nia. Qed.

(** The blocks of one level, one after another. *)
Lemma sweep P s y x k t0 L : 0 <= y <= 1 -> 1 <= x -> (s + B * P <= N)%nat -> (t0 + k <= P)%nat ->
  (forall j t, (j < B)%nat -> (t0 <= t < t0 + k)%nat -> L (s + t + j * P)%nat = x) ->
  let p := map (fun t => Stage (s + t) P y) (seq t0 k) in
  sound L p
  /\ (forall j t, (j < B)%nat -> (t0 <= t < t0 + k)%nat -> run p L (s + t + j * P)%nat = x * quotient y (Nat.eqb 0 j))
  /\ (forall l, (forall j t, (j < B)%nat -> (t0 <= t < t0 + k)%nat -> l <> (s + t + j * P)%nat) -> run p L l = L l).
Proof.
  intros He Hx HN. revert t0 L. induction k as [|k IH]; intros t0 L Hk HL.
  { split; [exact I|]. split; [intros; lia|reflexivity]. }
  cbn [seq map]. set (st := Stage (s + t0) P y).
  assert (G : good st).
  { split; [simpl; lia|]. split; [exact He|]. intros j Hj. unfold block. cbn [start stride st]. nia. }
  assert (Hout : forall j t, (t0 < t < t0 + S k)%nat -> inside st (s + t + j * P)%nat = false).
  { intros j t Ht. destruct (inside st _) eqn:E; [|reflexivity]. apply inside_true in E. destruct E as (j' & _ & E).
    unfold block in E. cbn [start stride st] in E. pose proof (digits P j t j' t0). lia. }
  destruct (IH (S t0) (after st L)) as (Hs & Hin & Hrest); [lia| |].
  { intros j t Hj Ht. unfold after. rewrite factor_outside by (apply Hout; lia). rewrite HL by lia. ring. }
  split; [|split].
  - cbn [sound]. split; [exact G|]. unfold block. cbn [start stride st]. rewrite HL by lia.
    split; [exact Hx|]. split; [|exact Hs]. intros j Hj. apply HL; lia.
  - intros j t Hj Ht. cbn [run fold_left]. destruct (Nat.eq_dec t t0) as [->|Hne]; [|apply Hin; lia].
    change (run (map (fun t => Stage (s + t) P y) (seq (S t0) k)) (after st L) (s + t0 + j * P)%nat
            = x * quotient y (Nat.eqb 0 j)).
    rewrite Hrest.
    + unfold after. rewrite HL by lia. f_equal. rewrite (Nat.eqb_sym 0 j). exact (factor_block st j 0 G Hj).
    + intros j' t' _ Ht' E. pose proof (digits P j t0 j' t'). lia.
  - intros l Hl. change (run (map (fun t => Stage (s + t) P y) (seq (S t0) k)) (after st L) l = L l).
    rewrite Hrest by (intros; apply Hl; lia). unfold after. rewrite factor_outside; [ring|].
    destruct (inside st l) eqn:E; [|reflexivity]. apply inside_true in E. destruct E as (j & Hj & ->).
    exfalso. apply (Hl j t0 Hj); [lia|reflexivity].
Qed.

Lemma nested_sound d x s L : (s + B ^ d <= N)%nat ->
  (forall l, (s <= l < s + B ^ d)%nat -> L l = x) ->
  sound L (nested d x s) /\ forall l, (l < s \/ s + B ^ d <= l)%nat -> run (nested d x s) L l = L l.
Proof.
  revert x s L. induction d as [|d IH]; intros x s L HN HL; [split; [exact I|reflexivity]|].
  cbn [nested]. destruct (Rlt_dec x 1) as [|Hx1]; [split; [exact I|reflexivity]|].
  assert (1 <= x) as Hx' by lra. rewrite Nat.pow_succ_r' in *. set (P := (B ^ d)%nat) in *.
  pose proof (fall_share_range x) as He.
  destruct (sweep P s (fall_share x) x P 0 L) as (Hs & Hin & Hrest); [lra|exact Hx'|exact HN|lia| |].
  { intros j t Hj Ht. apply HL. nia. }
  set (p := map _ (seq 0 P)) in *.
  assert (Hparts : forall k j0 L, (j0 + k <= B)%nat ->
    (forall j l, (j0 <= j < j0 + k)%nat -> (s + j * P <= l < s + j * P + P)%nat -> L l = part_level x j) ->
    let q := flat_map (fun j => nested d (part_level x j) (s + j * P)) (seq j0 k) in
    sound L q /\ forall l, (l < s + j0 * P \/ s + (j0 + k) * P <= l)%nat -> run q L l = L l).
  { clear L HL Hs Hin Hrest. induction k as [|k IHk]; intros j0 L Hk HL; [split; [exact I|reflexivity]|].
    cbn [seq flat_map]. destruct (IH (part_level x j0) (s + j0 * P)%nat L) as (Hs & Hrest).
    - nia.
    - intros l Hl. apply (HL j0); lia.
    - destruct (IHk (S j0) (run (nested d (part_level x j0) (s + j0 * P)) L)) as (Hs' & Hrest'); [lia| |].
      + intros j l Hj Hl. rewrite Hrest by nia. apply HL; lia.
      + split; [apply sound_app; assumption|]. intros l Hl. rewrite run_app, Hrest' by nia. apply Hrest. nia. }
  destruct (Hparts B 0%nat (run p L)) as (Hs' & Hrest'); [lia| |].
  - intros j l Hj Hl. replace l with (s + (l - s - j * P) + j * P)%nat by lia. apply Hin; lia.
  - split; [apply sound_app; assumption|]. intros l Hl. rewrite run_app, Hrest' by lia.
    apply Hrest. intros j t Hj Ht. nia.
Qed.

Lemma nested_yield d x s : ∑ y ∈ (map share (nested d x s)), y ^ 2 = INR (B ^ d) * value d x.
Proof.
  destruct INR_B_eq as [EB Hi]. pose proof INR_b. rewrite Sum_map.
  revert x s. induction d as [|d IH]; intros x s; cbn [nested value]; [simpl; ring|].
  destruct (Rlt_dec x 1); [simpl Sum; ring|].
  rewrite Sum_app, Sum_map, Sum_flat_map. cbn [share]. rewrite Sum_const, seq_length.
  rewrite (Sum_ext _ _ (fun j => INR (B ^ d) * value d (part_level x j))) by (intros; apply IH).
  rewrite Sum_scal, Nat.pow_succ_r', mult_INR. field. lra.
Qed.

Lemma nested_shares d x s e' : In e' (map share (nested d x s)) -> e <= e' <= 1.
Proof.
  rewrite in_map_iff. intros (st & <- & H). revert x s H. induction d as [|d IH]; intros x s H; [destruct H|].
  cbn [nested] in H. destruct (Rlt_dec x 1); [destruct H|]. apply in_app_or in H. destruct H as [H|H].
  - apply in_map_iff in H. destruct H as (t & <- & _). apply fall_share_range.
  - apply in_flat_map in H. destruct H as (j & _ & H). exact (IH _ _ H).
Qed.

(** ** Its yield is nearly the potential *)

Lemma sum_parts x (f : R -> R) : ∑ j ∈ (seq 0 B), f (part_level x j)
  = f (x * (1 - fall_share x)) + INR b * f (x * (1 + fall_share x / INR b)).
Proof.
  cbn [seq Sum]. unfold part_level at 1, quotient at 1. cbn [Nat.eqb]. f_equal.
  rewrite (Sum_ext _ _ (fun _ => f (x * (1 + fall_share x / INR b)))).
  - rewrite Sum_const, seq_length. reflexivity.
  - intros j Hj. apply in_seq in Hj. destruct j; [lia|reflexivity].
Qed.

Lemma ln_below_1 : - e - e ^ 2 / (2 * (1 - e)) <= ln (1 - e).
Proof.
  eapply Rle_trans; [|apply ln_ge_rational; lra].
  apply Rle_trans with (- e * (2 - e) / (2 * (1 - e))); [right; field; lra|].
  assert (0 < 2 * (1 - e) * (1 - e + 2)) as Hd by nra. apply (Rmult_le_reg_r _ _ _ Hd).
  replace ((1 - e - 1) * (5 * (1 - e) + 1) / (2 * (1 - e) * (1 - e + 2)) * (2 * (1 - e) * (1 - e + 2)))
    with (- e * (6 - 5 * e)) by (field; lra).
  replace (- e * (2 - e) / (2 * (1 - e)) * (2 * (1 - e) * (1 - e + 2))) with (- e * (2 - e) * (3 - e)) by (field; lra).
  assert (0 <= e ^ 3) by (apply pow_le; lra). nra.
Qed.

Lemma drop_nearly x : 1 <= x -> INR B * blocks_potential x
  <= (1 + 4 * e) * fall_share x ^ 2 + ∑ j ∈ (seq 0 B), blocks_potential (part_level x j).
Proof.
  intros Hx. rewrite sum_parts, (blocks_potential_above x Hx). destruct INR_B_eq as [EB Hi]. pose proof INR_b as Hb.
  set (D := blocks_constant B). assert (ED : D = _) by exact blocks_constant_eq. set (c := INR b) in *.
  assert (Hs : 0 <= 2 * c / INR B <= 2).
  { split; [apply Rle_mult_inv_pos; lra|]. rewrite EB. apply (Rmult_le_reg_r (c + 1)); [lra|].
    replace (2 * c / (c + 1) * (c + 1)) with (2 * c) by (field; lra). lra. }
  unfold fall_share. destruct (Rlt_dec (x * (1 - e)) 1) as [Hd|Hd].
  - replace (x * (1 - 1)) with 0 by ring. rewrite blocks_potential_0.
    assert (0 < 1 / c) by (apply Rdiv_lt_0_compat; lra). assert (1 <= x * (1 + 1 / c)) by nra.
    rewrite blocks_potential_above, ln_mult by lra. fold D c.
    set (s := 2 * c / INR B) in *. rewrite EB, ED.
    assert (ln x <= 2 * e) by (pose proof (ln_le_minus_1 x ltac:(lra)); nra).
    assert (s * ln x <= 4 * e) by nra. nra.
  - assert (1 <= x * (1 - e)) by lra. assert (0 <= e / c) by (apply Rle_mult_inv_pos; lra).
    assert (1 <= x * (1 + e / c)) by nra. rewrite !blocks_potential_above, !ln_mult by lra. fold D c.
    pose proof ln_below_1 as Hf. pose proof (ln_above_1 (e / c) ltac:(lra)) as Hr.
    apply (Rmult_le_compat_l c) in Hr; [|lra].
    replace (c * (e / c - (e / c) ^ 2 / 2)) with (e - e ^ 2 * / c / 2) in Hr by (field; lra).
    assert (e ^ 2 / (2 * (1 - e)) <= e ^ 2 * (1 + 2 * e) / 2) as E1.
    { apply (Rmult_le_reg_r (2 * (1 - e))); [lra|].
      replace (e ^ 2 / (2 * (1 - e)) * (2 * (1 - e))) with (e ^ 2) by (field; lra).
      assert (0 <= e ^ 2) by apply pow2_ge_0. assert (0 <= e ^ 2 * (e * (1 - 2 * e))) by (apply Rmult_le_pos; nra). nra. }
    assert (HL : - (e ^ 2 * (1 + 2 * e) / 2 + e ^ 2 * / c / 2) <= ln (1 - e) + c * ln (1 + e / c)) by lra.
    apply (Rmult_le_compat_l (2 * c / INR B)) in HL; [|lra].
    replace (2 * c / INR B * - (e ^ 2 * (1 + 2 * e) / 2 + e ^ 2 * / c / 2))
      with (- (e ^ 2 * (1 + e * (2 * c / INR B)))) in HL by (rewrite EB; field; lra).
    assert (e ^ 2 * (1 + e * (2 * c / INR B)) <= (1 + 4 * e) * e ^ 2).
    { rewrite Rmult_comm. apply Rmult_le_compat_r; [apply pow2_ge_0|nra]. }
    set (s := 2 * c / INR B) in *. rewrite EB. nra.
Qed.

(** What is left of the root of the level shrinks, so little is left of the potential after many rounds. *)
Definition shrinkage : R := 1 - e ^ 2 / (8 * INR B).

Lemma shrinkage_range : 0 <= shrinkage < 1.
Proof.
  destruct INR_B_eq as [EB Hi]. pose proof INR_b. unfold shrinkage, Rdiv. rewrite Rinv_mult.
  assert (0 < e ^ 2 <= 1 ^ 2) by (split; [apply pow_lt; lra|apply pow_incr; lra]). nra.
Qed.

Lemma root_step x : 1 <= x -> ∑ j ∈ (seq 0 B), sqrt (part_level x j) <= INR B * (shrinkage * sqrt x).
Proof.
  intros Hx. rewrite sum_parts. pose proof (fall_share_range x) as He. destruct INR_B_eq as [EB Hi].
  pose proof INR_b as Hb. set (y := fall_share x) in *. set (c := INR b) in *.
  assert (0 <= y / c) as Hec by (apply Rle_mult_inv_pos; lra).
  rewrite !sqrt_mult by lra. pose proof (sqrt_pos x) as Hr.
  assert (H1 : sqrt (1 - y) <= 1 - y / 2 - y ^ 2 / 8).
  { rewrite <- (sqrt_pow2 (1 - y / 2 - y ^ 2 / 8)) by nra. apply sqrt_le_1_alt. nra. }
  assert (H2 : sqrt (1 + y / c) <= 1 + y / c / 2).
  { rewrite <- (sqrt_pow2 (1 + y / c / 2)) by lra. apply sqrt_le_1_alt. nra. }
  assert (H3 : c * sqrt (1 + y / c) <= c + y / 2).
  { replace (c + y / 2) with (c * (1 + y / c / 2)) by (field; lra). apply Rmult_le_compat_l; lra. }
  replace (INR B * (shrinkage * sqrt x)) with (sqrt x * (INR B - e ^ 2 / 8))
    by (unfold shrinkage; field; lra).
  replace (sqrt x * sqrt (1 - y) + c * (sqrt x * sqrt (1 + y / c)))
    with (sqrt x * (sqrt (1 - y) + c * sqrt (1 + y / c))) by ring.
  apply Rmult_le_compat_l; [exact Hr|]. assert (e ^ 2 <= y ^ 2) by (apply pow_incr; lra). lra.
Qed.

Lemma value_ge d x : x = 0 \/ 1 <= x ->
  blocks_potential x <= (1 + 4 * e) * value d x + 4 * (shrinkage ^ d * sqrt x).
Proof.
  destruct INR_B_eq as [EB Hi]. pose proof INR_b as Hb. set (k := 1 + 4 * e).
  revert x. induction d as [|d IH]; intros x Hx; cbn [value].
  - destruct Hx as [->|Hx]; [rewrite blocks_potential_0, sqrt_0; simpl; lra|].
    pose proof (blocks_potential_le_root x Hx). simpl. lra.
  - destruct Hx as [->|Hx].
    { rewrite blocks_potential_0, sqrt_0. destruct (Rlt_dec 0 1); lra. }
    destruct (Rlt_dec x 1) as [H|_]; [lra|].
    pose proof (drop_nearly x Hx) as Hdrop. fold k in Hdrop. pose proof (root_step x Hx) as Hroot.
    assert (HF : ∑ j ∈ (seq 0 B), blocks_potential (part_level x j)
      <= k * (∑ j ∈ (seq 0 B), value d (part_level x j))
         + 4 * shrinkage ^ d * ∑ j ∈ (seq 0 B), sqrt (part_level x j)).
    { rewrite <- !Sum_scal, <- Sum_plus. apply Sum_le. intros j _.
      pose proof (IH (part_level x j) (part_level_range x j Hx)). lra. }
    assert (Hs : 0 <= shrinkage ^ d) by (apply pow_le, shrinkage_range).
    apply (Rmult_le_compat_l (4 * shrinkage ^ d)) in Hroot; [|lra].
    apply (Rmult_le_reg_l (INR B)); [lra|]. change (shrinkage ^ S d) with (shrinkage * shrinkage ^ d).
    replace (INR B * (k * ((fall_share x ^ 2 + ∑ j ∈ (seq 0 B), value d (part_level x j)) / INR B)
      + 4 * (shrinkage * shrinkage ^ d * sqrt x)))
      with (k * fall_share x ^ 2 + k * (∑ j ∈ (seq 0 B), value d (part_level x j))
        + 4 * shrinkage ^ d * (INR B * (shrinkage * sqrt x))) by (field; lra).
    lra.
Qed.
End Plans.

(** * W4 *)

Lemma pow_small q eps : 0 <= q < 1 -> 0 < eps -> exists n, q ^ n <= eps.
Proof.
  intros Hq He. destruct (pow_lt_1_zero q) with (y := eps) as [n Hn]; [rewrite Rabs_right; lra|exact He|].
  exists n. specialize (Hn n (le_n n)). rewrite Rabs_right in Hn; [lra|]. apply Rle_ge, pow_le. lra.
Qed.

(** With [k] actions the constant of T1a, 3, cannot be replaced by one below [blocks_constant k]. *)
Theorem W4_actions k c a : (2 <= k)%nat -> c < blocks_constant k / 3 -> 0 < a -> exceeded k c a.
Proof.
  intros Hk Hc Ha. destruct k as [|b]; [lia|]. assert (Hb : (1 <= b)%nat) by lia.
  destruct (INR_B_eq b Hb) as [EB Hi]. pose proof (INR_b b Hb) as Hb1. pose proof (blocks_constant_range b Hb) as HD.
  set (D := blocks_constant (S b)) in *. assert (3 / INR (S b) <= 3 / 2) by (unfold Rdiv; lra).
  set (c' := Rmax c 0). assert (Hc' : c <= c' /\ 0 <= c' /\ c' < D / 3).
  { unfold c'. pose proof (Rmax_l c 0). pose proof (Rmax_r c 0). repeat split; try assumption. apply Rmax_lub_lt; lra. }
  set (m := D - 3 * c'). assert (Hm : 0 < m <= 3) by (unfold m; lra).
  (* Falls so small that a stage wastes little of the potential ... *)
  set (e := m / 96). assert (He : 0 < e <= 1 / 2) by (unfold e; lra).
  (* ... so many rounds that little of it is left ... *)
  destruct (pow_small (shrinkage b e) (m / 32)) as (d & Hd); [apply shrinkage_range; assumption|lra|].
  set (N := (S b ^ d)%nat).
  assert (HN : 1 <= INR N). { apply (le_INR 1). unfold N. pose proof (Nat.pow_nonzero (S b) d). lia. }
  set (plan := nested b e d 1 0).
  destruct (nested_sound b Hb N e He d 1 0 (fun _ => 1)) as (Hsound & _); [apply le_n|reflexivity|].
  fold plan in Hsound.
  (* ... so much time that the plan is all but surely done ... *)
  set (es := map share plan). set (P := 2 ^ length es).
  assert (HP : 1 <= P) by (apply pow_R1_Rle; lra).
  destruct (pow_small (1 - e / 2) (m / 4 / P)) as (T & HT); [lra|apply Rdiv_lt_0_compat; lra|].
  pose proof (yield_missing e T es ltac:(lra) (nested_shares b e He d 1 0)) as Hy.
  pose proof (nested_yield b Hb e He d 1 0) as HV. fold plan es N in HV. rewrite HV in Hy. fold P in Hy. clear HV.
  assert (Hmiss : (P - 1) * (1 - e / 2) ^ T <= m / 4).
  { apply (Rmult_le_compat_l (P - 1)) in HT; [|lra]. eapply Rle_trans; [exact HT|].
    apply Rle_trans with (P * (m / 4 / P)); [apply Rmult_le_compat_r; [|lra]|right; field; lra].
    left. apply Rdiv_lt_0_compat; lra. }
  pose proof (value_ge b Hb e He d 1 (or_intror (Rle_refl 1))) as Hv. rewrite sqrt_1 in Hv.
  rewrite (blocks_potential_above b 1 (Rle_refl 1)), ln_1 in Hv. fold D in Hv.
  (* ... and so little weight that [z/tau] is nearly 1. *)
  set (z := Rmin a (m / 12 / INR N)).
  assert (HmN : 0 < m / 12 / INR N) by (apply Rdiv_lt_0_compat; lra).
  assert (Hz : 0 < z <= a /\ z * INR N <= m / 12).
  { unfold z. pose proof (Rmin_l a (m / 12 / INR N)). pose proof (Rmin_r a (m / 12 / INR N)).
    split; [split; [apply Rmin_glb_lt|]; lra|]. apply Rle_trans with (m / 12 / INR N * INR N); [|right; field; lra].
    apply Rmult_le_compat_r; lra. }
  assert (Hz2 : 0 < z <= 1 / 2) by nra.
  exists (plan_model b N plan z), 0%nat, T. split; [reflexivity|].
  split; [apply plan_well_formed; assumption|]. split; [apply plan_realizable; assumption|].
  split; [split; reflexivity|]. split.
  { cbn [alpha plan_model]. apply Rle_trans with z; [|lra]. pose proof (total_ge_1 N z Hz2).
    apply (Rmult_le_reg_r (total N z)); [lra|]. replace (z / total N z * total N z) with z by (field; lra). nra. }
  rewrite (plan_S_lin b N plan z Hz2), (plan_cubes b Hb N plan z Hz2 Hsound T). fold es.
  split; [nra|].
  set (V := value b e d 1) in *.
  assert (HV : D - m / 4 <= V).
  { apply (Rmult_le_reg_l (1 + 4 * e)); [lra|]. apply Rle_trans with (D - m / 8); [|lra]. unfold e. nra. }
  apply Rle_lt_trans with (INR N * (D - 3 * m / 4)).
  - apply Rle_trans with (INR N * (3 * c' * (1 + z * (INR N - 1)))); [|apply Rmult_le_compat_l; [lra|unfold m in *; nra]].
    replace (c * (3 * (INR N * (1 + z * (INR N - 1))))) with (INR N * (3 * c * (1 + z * (INR N - 1)))) by ring.
    apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_r; [nra|lra].
  - apply (Rmult_le_compat_l (INR N)) in HV; [|lra]. nra.
Qed.

(** With enough actions, the constant 3 itself. *)
Theorem W4_sharp c a : c < 1 -> 0 < a -> exists k, exceeded k c a.
Proof.
  intros Hc Ha. exists (S (S (Z.to_nat (up (/ (1 - c)))))). set (b := S (Z.to_nat (up (/ (1 - c))))).
  assert (Hb : (1 <= b)%nat) by (unfold b; lia). apply W4_actions; [unfold b; lia| |exact Ha].
  pose proof (blocks_constant_range b Hb) as HD. destruct (INR_B_eq b Hb) as [EB Hi].
  assert (H : / (1 - c) < INR (S b)).
  { destruct (archimed (/ (1 - c))) as [H _]. unfold b. rewrite !S_INR, INR_IZR_INZ.
    assert (IZR (up (/ (1 - c))) <= IZR (Z.of_nat (Z.to_nat (up (/ (1 - c)))))) by (apply IZR_le; lia). lra. }
  assert (0 < / (1 - c)) by (apply Rinv_0_lt_compat; lra).
  apply Rinv_lt_contravar in H; [|nra]. rewrite Rinv_inv in H. lra.
Qed.
