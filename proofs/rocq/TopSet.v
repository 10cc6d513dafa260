(** D5 as a formula: the sorted, scanned list of [Learner.v] contains [i] exactly when [i] has positive weight and
    passes the test against every member ranked at or before it (heavier, or as heavy and not later in the class). *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner.
Import ListNotations.
Open Scope R_scope.

(** [j] ranks at or before [i] (R1). *)
Definition ranked (w : nat -> R) (j i : nat) : bool :=
  Rltb (w i) (w j) || (Rleb (w i) (w j) && Nat.leb j i).

Lemma ordered_split w l1 i l2 : ordered w (l1 ++ i :: l2) ->
  (forall j, In j l1 -> before w j i) /\ (forall j, In j l2 -> before w i j).
Proof.
  induction l1 as [|k r IH]; simpl.
  - intros [H _]. split; [intros j []|exact H].
  - intros [Hk Hr]. destruct (IH Hr) as [H1 H2]. split; [|exact H2].
    intros j [<-|Hj]; [|auto]. apply Hk. apply in_or_app; right; left; reflexivity.
Qed.

Lemma before_ranked w j i : before w j i -> ranked w j i = true.
Proof.
  unfold before, ranked. intros [H|[H Hlt]]; apply orb_true_iff.
  - left. apply Rltb_true, H.
  - right. apply andb_true_iff. split; [apply Rleb_true; lra|apply Nat.leb_le; lia].
Qed.

Lemma ranked_refl w i : ranked w i i = true.
Proof.
  unfold ranked. apply orb_true_iff. right. apply andb_true_iff.
  split; [apply Rleb_true; lra|apply Nat.leb_le; lia].
Qed.

Lemma after_not_ranked w j i : before w i j -> ranked w j i = false.
Proof.
  unfold before, ranked. intros H. apply orb_false_iff. split; [|apply andb_false_iff].
  - destruct (Rltb (w i) (w j)) eqn:E; [apply Rltb_true in E; lra|reflexivity].
  - destruct H as [H|[H Hlt]].
    + left. destruct (Rleb (w i) (w j)) eqn:E; [apply Rleb_true in E; lra|reflexivity].
    + right. apply Nat.leb_gt. exact Hlt.
Qed.

Section Spec.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.

Lemma before_weight h j i : 0 < total_weight M h ->
  before (fun k => posterior M k h) j i -> before (fun k => weight M k h) j i.
Proof.
  intros Ht. assert (0 < / total_weight M h) as Hi by (apply Rinv_0_lt_compat, Ht).
  unfold before, posterior, Rdiv. intros [H|[H Hlt]].
  - left. apply Rmult_lt_reg_r in H; assumption.
  - right. split; [|exact Hlt]. apply Rmult_eq_reg_r in H; [exact H|lra].
Qed.

(** The weight of the ranks up to [i]. *)
Lemma rank_sum h l1 i l2 : ranking M h = l1 ++ i :: l2 ->
  Sum l1 (fun j => weight M j h) + weight M i h
  = ∑ j ∈ members M, (if ranked (fun k => weight M k h) j i then weight M j h else 0).
Proof.
  intros E. set (f := fun j => if ranked (fun k => weight M k h) j i then weight M j h else 0).
  assert (Hi : In i (ranking M h)) by (rewrite E; apply in_or_app; right; left; reflexivity).
  apply (In_ranking M WF) in Hi. destruct Hi as [Hi Hw].
  pose proof (weight_le_total M WF i h Hi) as Ht.
  pose proof (ranking_ordered M h) as Ho. rewrite E in Ho. apply ordered_split in Ho. destruct Ho as [Hb Ha].
  assert (Hf : forall j, (j < size M)%nat -> 0 <= f j).
  { intros j Hj. unfold f. pose proof (weight_nonneg M WF j h Hj). destruct (ranked _ j i); lra. }
  assert (E1 : Sum (ranking M h) f = Sum (members M) f).
  { apply Rle_antisym.
    - apply Sum_incl; [apply NoDup_ranking| |].
      + intros j Hj. apply (In_ranking M WF) in Hj. apply In_members. tauto.
      + intros j Hj. apply Hf, In_members, Hj.
    - apply Rle_trans with (Sum (filter (fun j => Rltb 0 (weight M j h)) (members M)) f).
      + rewrite Sum_filter. apply Sum_le. intros j Hj. apply In_members in Hj.
        destruct (Rltb 0 (weight M j h)) eqn:Er; [lra|].
        pose proof (weight_nonneg M WF j h Hj) as Hn. unfold f.
        assert (weight M j h = 0) as ->.
        { destruct Hn as [Hn|]; [|congruence]. apply Rltb_true in Hn. congruence. }
        destruct (ranked _ j i); lra.
      + apply Sum_incl; [apply NoDup_filter, seq_NoDup| |].
        * intros j Hj. apply filter_In in Hj. destruct Hj as [Hj Hp]. apply (In_ranking M WF).
          split; [apply In_members, Hj|apply Rltb_true, Hp].
        * intros j Hj. apply (In_ranking M WF) in Hj. apply Hf. tauto. }
  fold f. change (∑ j ∈ (members M), f j) with (Sum (members M) f). rewrite <- E1, E, Sum_app. simpl.
  assert (E2 : Sum l1 f = Sum l1 (fun j => weight M j h)).
  { apply Sum_ext. intros j Hj. unfold f. rewrite (before_ranked _ j i); [reflexivity|].
    apply before_weight; [lra|auto]. }
  assert (E3 : Sum l2 f = 0).
  { apply Sum_all_zero. intros j Hj. unfold f. rewrite (after_not_ranked _ j i); [reflexivity|].
    apply before_weight; [lra|auto]. }
  rewrite E2, E3. unfold f. rewrite ranked_refl. lra.
Qed.

Theorem In_top_spec i h :
  In i (top M h) <->
  (i < size M)%nat /\ 0 < weight M i h /\
  alpha M * (∑ j ∈ members M, (if ranked (fun k => weight M k h) j i then weight M j h else 0))
    <= weight M i h.
Proof.
  split.
  - intros Hi. destruct (top_member M WF i h Hi) as [Hn Hw]. split; [exact Hn|]. split; [exact Hw|].
    pose proof (weight_le_total M WF i h Hn) as Ht.
    apply In_top in Hi. destruct Hi as (l1 & l2 & E & H). rewrite <- (rank_sum h l1 i l2 E).
    unfold posterior, Rdiv in H. rewrite Sum_scal_r, <- Rmult_plus_distr_r, <- Rmult_assoc in H.
    apply Rmult_le_reg_r in H; [exact H|]. apply Rinv_0_lt_compat. lra.
  - intros (Hn & Hw & H). pose proof (weight_le_total M WF i h Hn) as Ht.
    assert (Hr : In i (ranking M h)) by (apply (In_ranking M WF); auto).
    destruct (in_split _ _ Hr) as (l1 & l2 & E). rewrite <- (rank_sum h l1 i l2 E) in H.
    apply In_top. exists l1, l2. split; [exact E|].
    unfold posterior, Rdiv. rewrite Sum_scal_r, <- Rmult_plus_distr_r, <- Rmult_assoc.
    apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|exact H].
Qed.

Lemma ranked_true w j i : ranked w j i = true <-> w i < w j \/ (w i <= w j /\ (j <= i)%nat).
Proof.
  unfold ranked. rewrite orb_true_iff, andb_true_iff, Rltb_true, Rleb_true, Nat.leb_le. tauto.
Qed.

(** The two remarks of D5: the top set is a prefix of the ranking ... *)
Theorem top_prefix h i j :
  In i (top M h) -> (j < size M)%nat -> ranked (fun k => weight M k h) j i = true -> In j (top M h).
Proof.
  intros Hi Hj Hr. apply In_top_spec in Hi. destruct Hi as (Hn & Hw & H).
  apply ranked_true in Hr. assert (weight M i h <= weight M j h) as Hle by (destruct Hr as [|[]]; lra).
  apply In_top_spec. split; [exact Hj|]. split; [lra|].
  eapply Rle_trans; [|exact Hle]. eapply Rle_trans; [|exact H].
  pose proof (alpha_range M WF). apply Rmult_le_compat_l; [lra|]. apply Sum_le. intros k Hk.
  apply In_members in Hk. pose proof (weight_nonneg M WF k h Hk).
  destruct (ranked _ k j) eqn:Ek; [|destruct (ranked _ k i); lra].
  assert (ranked (fun k => weight M k h) k i = true) as ->; [|lra].
  apply ranked_true. apply ranked_true in Ek. destruct Ek as [|[]], Hr as [|[]];
    try (left; lra). right. split; [lra|lia].
Qed.

Lemma passing_NoDup alpha w acc l : NoDup l -> NoDup (passing alpha w acc l).
Proof.
  intros H. revert acc. induction H as [|i r Hi Hr IH]; intros acc; simpl; [constructor|].
  destruct (Rleb _ _); [|apply IH]. constructor; [|apply IH].
  intros Hin. apply passing_In in Hin. destruct Hin as (l1 & l2 & -> & _). apply Hi.
  apply in_or_app; right; left; reflexivity.
Qed.

Lemma last_ranked w l : l <> [] -> exists i, In i l /\ forall j, In j l -> ranked w j i = true.
Proof.
  induction l as [|x r IH]; [congruence|]. intros _. destruct r as [|y r].
  - exists x. split; [left; reflexivity|]. intros j [<-|[]]. apply ranked_refl.
  - destruct IH as (i & Hi & Hmin); [discriminate|].
    destruct (ranked w x i) eqn:E.
    + exists i. split; [right; exact Hi|]. intros j [<-|Hj]; auto.
    + exists x. split; [left; reflexivity|]. intros j [<-|Hj]; [apply ranked_refl|].
      specialize (Hmin j Hj). apply ranked_true in Hmin. apply ranked_true.
      assert (~ (w i < w x \/ w i <= w x /\ (x <= i)%nat)) as Hno.
      { intros Hx. apply ranked_true in Hx. congruence. }
      destruct (Rlt_dec (w x) (w i)) as [Hlt|Hge]; [left; destruct Hmin as [|[]]; lra|].
      assert (w x = w i) as Ex.
      { destruct (Rlt_dec (w i) (w x)); [exfalso; apply Hno; left; assumption|lra]. }
      destruct Hmin as [Hlt|[Hle Hji]]; [left; lra|]. right. split; [lra|].
      destruct (le_lt_dec x i); [exfalso; apply Hno; right; split; [lra|assumption]|lia].
Qed.

(** ... with at most [1/alpha] members. *)
Theorem top_size h : alpha M * INR (length (top M h)) <= 1.
Proof.
  pose proof (alpha_range M WF) as Ha.
  destruct (top M h) as [|x r] eqn:E; [simpl; lra|]. rewrite <- E.
  destruct (last_ranked (fun k => weight M k h) (top M h)) as (i & Hi & Hmin); [rewrite E; discriminate|].
  pose proof Hi as Hs. apply In_top_spec in Hs. destruct Hs as (Hn & Hw & H).
  assert (Hlen : INR (length (top M h)) * weight M i h
    <= ∑ j ∈ members M, (if ranked (fun k => weight M k h) j i then weight M j h else 0)).
  { rewrite <- (Sum_const (top M h) (weight M i h)).
    apply Rle_trans with (∑ j ∈ top M h, (if ranked (fun k => weight M k h) j i then weight M j h else 0)).
    - apply Sum_le. intros j Hj. specialize (Hmin j Hj). rewrite Hmin. apply ranked_true in Hmin.
      destruct Hmin as [|[]]; lra.
    - apply (Sum_incl (top M h) (members M)
        (fun j => if ranked (fun k => weight M k h) j i then weight M j h else 0)).
      + apply passing_NoDup, NoDup_ranking.
      + intros j Hj. apply In_members. apply (top_member M WF j h Hj).
      + intros j Hj. apply In_members in Hj. pose proof (weight_nonneg M WF j h Hj).
        destruct (ranked _ j i); lra. }
  apply (Rmult_le_reg_r (weight M i h)); [exact Hw|]. rewrite Rmult_1_l.
  eapply Rle_trans; [|exact H]. rewrite Rmult_assoc. apply Rmult_le_compat_l; lra.
Qed.
(** R4: with no positive posterior weight left the imitator defers. *)
Theorem R4_defers h :
  (forall i, (i < size M)%nat -> weight M i h = 0) -> top M h = [] /\ theta M h = 1.
Proof.
  intros H. assert (E : top M h = []).
  { destruct (top M h) as [|i r] eqn:E; [reflexivity|]. exfalso.
    destruct (top_member M WF i h) as [Hi Hw]; [rewrite E; left; reflexivity|].
    rewrite (H i Hi) in Hw. lra. }
  split; [exact E|]. unfold theta. rewrite Sum_all_zero; [ring|]. intros a _.
  unfold imitator. rewrite E. reflexivity.
Qed.
End Spec.
