(** The conservative Bayesian imitation learner, D1-D6, D8, D9, readings R1-R5.
    The facts that follow directly from the definitions in [Statements.v]; no theorem yet. *)
From Coq Require Import Reals List Bool Arith Lra Lia.
From ExactCBIL Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(** * Facts about sorting, the prefix test, minimum and maximum *)

Lemma Rleb_true x y : Rleb x y = true <-> x <= y.
Proof. unfold Rleb. destruct (Rle_dec x y); split; intros; try congruence; tauto. Qed.

Lemma Rltb_true x y : Rltb x y = true <-> x < y.
Proof. unfold Rltb. destruct (Rlt_dec x y); split; intros; try congruence; tauto. Qed.

Section Ranking.
Variable w : nat -> R.

Lemma insert_In i l j : In j (insert w i l) <-> j = i \/ In j l.
Proof.
  induction l as [|k r IH]; simpl; [intuition|].
  destruct (Rleb (w k) (w i)); simpl; [intuition|]. rewrite IH. intuition.
Qed.

Lemma sort_In l j : In j (sort w l) <-> In j l.
Proof. induction l as [|k r IH]; simpl; [tauto|]. rewrite insert_In, IH. intuition. Qed.

Lemma insert_NoDup i l : ~ In i l -> NoDup l -> NoDup (insert w i l).
Proof.
  induction l as [|k r IH]; intros Hi Hl; simpl; [repeat constructor; intros []|].
  inversion Hl; subst. destruct (Rleb (w k) (w i)); [constructor; assumption|].
  constructor; [|apply IH; auto; intros H; apply Hi; right; exact H].
  rewrite insert_In. intros [->|H]; [|contradiction]. apply Hi; left; reflexivity.
Qed.

Lemma sort_NoDup l : NoDup l -> NoDup (sort w l).
Proof.
  induction 1; simpl; [constructor|]. apply insert_NoDup; [rewrite sort_In|]; assumption.
Qed.

(** Heaviest first. *)
Fixpoint heaviest_first (l : list nat) : Prop :=
  match l with
  | [] => True
  | i :: r => (forall j, In j r -> w j <= w i) /\ heaviest_first r
  end.

Lemma insert_sorted i l : heaviest_first l -> heaviest_first (insert w i l).
Proof.
  induction l as [|k r IH]; simpl; [intuition; contradiction|]. intros [Hk Hr].
  unfold Rleb. destruct (Rle_dec (w k) (w i)) as [Hle|Hgt]; simpl.
  - split; [|tauto]. intros j [<-|Hj]; [exact Hle|]. specialize (Hk j Hj). lra.
  - split; [|auto]. intros j Hj. apply insert_In in Hj. destruct Hj as [->|Hj]; [lra|auto].
Qed.

Lemma sort_sorted l : heaviest_first (sort w l).
Proof. induction l; simpl; [exact I|]. apply insert_sorted; assumption. Qed.

Lemma heaviest_first_split l1 i l2 :
  heaviest_first (l1 ++ i :: l2) ->
  (forall j, In j l1 -> w i <= w j) /\ (forall j, In j l2 -> w j <= w i).
Proof.
  induction l1 as [|k r IH]; simpl.
  - intros [H _]. split; [intros j []|exact H].
  - intros [Hk Hr]. destruct (IH Hr) as [H1 H2]. split; [|exact H2].
    intros j [<-|Hj]; [|auto]. apply Hk. apply in_or_app; right; left; reflexivity.
Qed.

(** The order on ties is the class order (R1): [i] before [j] in class order and equally heavy
    means [i] before [j] in the ranking. *)
Definition before (i j : nat) : Prop := w j < w i \/ (w i = w j /\ (i < j)%nat).

Fixpoint ordered (l : list nat) : Prop :=
  match l with
  | [] => True
  | i :: r => (forall j, In j r -> before i j) /\ ordered r
  end.

Lemma insert_ordered i l :
  (forall j, In j l -> (i < j)%nat) -> ordered l -> ordered (insert w i l).
Proof.
  induction l as [|k r IH]; simpl; [intuition; contradiction|]. intros Hlt [Hk Hr].
  unfold Rleb. destruct (Rle_dec (w k) (w i)) as [Hle|Hgt]; simpl.
  - split; [|tauto].
    assert (before i k) as Hik.
    { destruct (Rle_lt_or_eq_dec _ _ Hle); [left; assumption|right; split; [congruence|]].
      apply Hlt; left; reflexivity. }
    intros j [<-|Hj]; [exact Hik|]. pose proof (Hk j Hj) as Hkj.
    unfold before in *. destruct Hik as [|[]], Hkj as [|[]]; try (left; lra).
    right; split; [lra|lia].
  - split; [|auto]. intros j Hj. apply insert_In in Hj. destruct Hj as [->|Hj]; [left; lra|auto].
Qed.

Lemma sort_ordered l :
  (forall l1 i l2, l = l1 ++ i :: l2 -> forall j, In j l2 -> (i < j)%nat) -> ordered (sort w l).
Proof.
  induction l as [|i r IH]; intros H; simpl; [exact I|]. apply insert_ordered.
  - intros j Hj. rewrite sort_In in Hj. exact (H [] i r eq_refl j Hj).
  - apply IH. intros l1 k l2 E. apply (H (i :: l1) k l2). simpl. congruence.
Qed.

Variable alpha : R.

Lemma passing_In acc l i :
  In i (passing alpha w acc l) <->
  exists l1 l2, l = l1 ++ i :: l2 /\ alpha * (acc + Sum l1 w + w i) <= w i.
Proof.
  revert acc. induction l as [|k r IH]; intros acc; simpl.
  - split; [intros []|intros (l1 & l2 & E & _)]. destruct l1; discriminate.
  - split.
    + intros H.
      assert (i = k /\ alpha * (acc + w k) <= w k \/ In i (passing alpha w (acc + w k) r)) as H'.
      { unfold Rleb in H. destruct (Rle_dec (alpha * (acc + w k)) (w k)) as [Hk|Hk]; [|tauto].
        destruct H as [<-|H]; tauto. }
      clear H. destruct H' as [[-> Hk]|H].
      * exists [], r. split; [reflexivity|]. simpl. rewrite Rplus_0_r. exact Hk.
      * apply IH in H. destruct H as (l1 & l2 & -> & H). exists (k :: l1), l2. split; [reflexivity|].
        simpl. replace (acc + (w k + Sum l1 w) + w i) with (acc + w k + Sum l1 w + w i) by ring.
        exact H.
    + intros (l1 & l2 & E & H). destruct l1 as [|k' l1]; simpl in E; injection E as -> ->.
      * simpl in H. rewrite Rplus_0_r in H.
        destruct (Rleb (alpha * (acc + w i)) (w i)) eqn:Eq; [left; reflexivity|].
        apply Rleb_true in H. congruence.
      * assert (In i (passing alpha w (acc + w k') (l1 ++ i :: l2))) as Hin.
        { apply IH. exists l1, l2. split; [reflexivity|]. simpl in H.
          replace (acc + w k' + Sum l1 w + w i) with (acc + (w k' + Sum l1 w) + w i) by ring. exact H. }
        destruct (Rleb (alpha * (acc + w k')) (w k')); [right|]; exact Hin.
Qed.
End Ranking.

Lemma seq_increasing s n l1 i l2 :
  seq s n = l1 ++ i :: l2 -> forall j, In j l2 -> (i < j)%nat.
Proof.
  revert s l1. induction n as [|n IH]; intros s l1 E j Hj; simpl in E.
  - destruct l1; discriminate.
  - destruct l1 as [|k l1]; simpl in E; injection E as E1 E2.
    + subst. apply in_seq in Hj. lia.
    + eapply IH; eassumption.
Qed.

Lemma filter_increasing (b : nat -> bool) l :
  (forall l1 i l2, l = l1 ++ i :: l2 -> forall j, In j l2 -> (i < j)%nat) ->
  forall l1 i l2, filter b l = l1 ++ i :: l2 -> forall j, In j l2 -> (i < j)%nat.
Proof.
  induction l as [|k r IH]; intros H l1 i l2 E j Hj; simpl in E; [destruct l1; discriminate|].
  assert (forall l1 i l2, r = l1 ++ i :: l2 -> forall j, In j l2 -> (i < j)%nat) as Hr.
  { intros l1' i' l2' E'. apply (H (k :: l1') i' l2'). simpl. congruence. }
  destruct (b k); [|eapply IH; eassumption].
  destruct l1 as [|k' l1]; simpl in E; injection E as E1 E2.
  - subst. apply filter_In in Hj. apply (H [] i r eq_refl). tauto.
  - eapply IH; eassumption.
Qed.

Lemma min_list_le l x : In x l -> min_list l <= x.
Proof.
  induction l as [|y r IH]; [intros []|]. destruct r as [|z r].
  - intros [->|[]]. simpl. lra.
  - change (min_list (y :: z :: r)) with (Rmin y (min_list (z :: r))).
    intros [<-|H]; [apply Rmin_l|]. eapply Rle_trans; [apply Rmin_r|auto].
Qed.

Lemma min_list_In l : l <> [] -> In (min_list l) l.
Proof.
  induction l as [|y r IH]; [congruence|]. intros _. destruct r as [|z r]; [left; reflexivity|].
  change (min_list (y :: z :: r)) with (Rmin y (min_list (z :: r))).
  unfold Rmin. destruct (Rle_dec y (min_list (z :: r))); [left; reflexivity|].
  right. apply IH. discriminate.
Qed.

Lemma min_list_nonneg l : (forall x, In x l -> 0 <= x) -> 0 <= min_list l.
Proof.
  destruct l as [|y r]; [simpl; lra|]. intros H. apply H. apply min_list_In. discriminate.
Qed.

Lemma max_list_ge l x : In x l -> x <= max_list l.
Proof.
  induction l as [|y r IH]; [intros []|]. simpl.
  intros [<-|H]; [apply Rmax_l|]. eapply Rle_trans; [auto|apply Rmax_r].
Qed.

Lemma max_list_le l c : 0 <= c -> (forall x, In x l -> x <= c) -> max_list l <= c.
Proof.
  induction l as [|y r IH]; intros Hc H; simpl; [exact Hc|].
  apply Rmax_lub; [apply H; left; reflexivity|]. apply IH; auto. intros; apply H; right; assumption.
Qed.

Lemma max_list_nonneg l : 0 <= max_list l.
Proof.
  induction l as [|y r IH]; simpl; [lra|]. eapply Rle_trans; [exact IH|apply Rmax_r].
Qed.

(** * Facts about the learner *)

Section Facts.
Context {A O : Type}.
Variable M : model A O.
Hypothesis WF : well_formed M.
Implicit Types (h : history A O) (i d : nat).

Lemma In_members i : In i (members M) <-> (i < size M)%nat.
Proof. unfold members. rewrite in_seq. lia. Qed.

Lemma In_others d i : In i (others M d) <-> (i < size M)%nat /\ i <> d.
Proof.
  unfold others. rewrite filter_In, In_members, negb_true_iff, Nat.eqb_neq. reflexivity.
Qed.

Lemma evidence_nonneg i h : (i < size M)%nat -> 0 <= evidence (member M i) h.
Proof.
  intros Hi. induction h as [|s past IH]; simpl; [lra|]. apply Rmult_le_pos; [|exact IH].
  destruct (queried s); [apply (member_semimeasure M WF); exact Hi|lra].
Qed.

Lemma weight_nonneg i h : (i < size M)%nat -> 0 <= weight M i h.
Proof.
  intros Hi. apply Rmult_le_pos; [left; apply (prior_pos M WF); exact Hi|].
  apply evidence_nonneg; exact Hi.
Qed.

Lemma total_weight_nonneg h : 0 <= total_weight M h.
Proof. apply Sum_nonneg. intros i Hi. apply weight_nonneg, In_members, Hi. Qed.

Lemma weight_le_total i h : (i < size M)%nat -> weight M i h <= total_weight M h.
Proof.
  intros Hi. apply (Sum_term_le (members M) (fun i => weight M i h)); [apply In_members, Hi|].
  intros j Hj. apply weight_nonneg, In_members, Hj.
Qed.

(** R4 is met by the definition: with no evidence left every posterior is 0. *)
Lemma posterior_nonneg i h : (i < size M)%nat -> 0 <= posterior M i h.
Proof.
  intros Hi. unfold posterior, Rdiv. pose proof (weight_nonneg i h Hi) as Hw.
  destruct (Rlt_dec 0 (total_weight M h)) as [Ht|Ht].
  - apply Rmult_le_pos; [exact Hw|]. left. apply Rinv_0_lt_compat, Ht.
  - pose proof (weight_le_total i h Hi). replace (weight M i h) with 0 by lra. lra.
Qed.

Lemma posterior_pos i h : (i < size M)%nat -> 0 < posterior M i h <-> 0 < weight M i h.
Proof.
  intros Hi. pose proof (weight_nonneg i h Hi). pose proof (weight_le_total i h Hi).
  unfold posterior, Rdiv. split; intros Hp.
  - destruct (Rlt_dec 0 (weight M i h)); [assumption|].
    replace (weight M i h) with 0 in Hp by lra. lra.
  - apply Rmult_lt_0_compat; [exact Hp|]. apply Rinv_0_lt_compat. lra.
Qed.

Lemma posterior_sum h : 0 < total_weight M h -> ∑ i ∈ (members M), posterior M i h = 1.
Proof.
  intros Ht. unfold posterior, Rdiv. rewrite Sum_scal_r. unfold total_weight in *. field. lra.
Qed.

Lemma ratio_posterior d i h :
  0 < weight M d h -> (d < size M)%nat -> ratio M d i h = posterior M i h / posterior M d h.
Proof.
  intros Hd Hlt. unfold ratio, posterior. pose proof (weight_le_total d h Hlt). field. lra.
Qed.

(** D5 in one sentence, as a property of the computed list. *)
Lemma In_ranking i h : In i (ranking M h) <-> (i < size M)%nat /\ 0 < weight M i h.
Proof.
  unfold ranking. rewrite sort_In, filter_In, In_members, Rltb_true.
  split; intros [Hi Hp]; (split; [exact Hi|]); apply (posterior_pos i h Hi); exact Hp.
Qed.

Lemma NoDup_ranking h : NoDup (ranking M h).
Proof. apply sort_NoDup, NoDup_filter, seq_NoDup. Qed.

(** Heaviest first, ties in class order (R1). *)
Lemma ranking_ordered h : ordered (fun i => posterior M i h) (ranking M h).
Proof.
  unfold ranking. apply sort_ordered. apply filter_increasing. apply seq_increasing.
Qed.

Lemma In_top i h :
  In i (top M h) <->
  exists l1 l2, ranking M h = l1 ++ i :: l2 /\
    alpha M * (Sum l1 (fun j => posterior M j h) + posterior M i h) <= posterior M i h.
Proof. unfold top. rewrite passing_In. setoid_rewrite Rplus_0_l. reflexivity. Qed.

Lemma in_top_true i h : in_top M i h = true <-> In i (top M h).
Proof.
  unfold in_top. rewrite existsb_exists. split.
  - intros (j & Hj & E). apply Nat.eqb_eq in E. congruence.
  - intros Hi. exists i. split; [exact Hi|apply Nat.eqb_refl].
Qed.

Lemma top_member i h : In i (top M h) -> (i < size M)%nat /\ 0 < weight M i h.
Proof.
  intros H. apply In_top in H. destruct H as (l1 & l2 & E & _). apply In_ranking. rewrite E.
  apply in_or_app; right; left; reflexivity.
Qed.

(** A sufficient condition: the test against all members at least as heavy. *)
Lemma top_intro i h :
  (i < size M)%nat -> 0 < weight M i h ->
  alpha M * (∑ j ∈ members M, (if Rleb (weight M i h) (weight M j h) then weight M j h else 0))
    <= weight M i h ->
  In i (top M h).
Proof.
  intros Hi Hw H.
  assert (Hr : In i (ranking M h)) by (apply In_ranking; auto).
  destruct (in_split _ _ Hr) as (l1 & l2 & E). apply In_top. exists l1, l2. split; [exact E|].
  pose proof (alpha_range M WF) as Ha. pose proof (weight_le_total i h Hi) as Ht.
  assert (Hs : Sum (l1 ++ [i]) (fun j => weight M j h)
    <= ∑ j ∈ (members M), (if Rleb (weight M i h) (weight M j h) then weight M j h else 0)).
  { rewrite <- (Sum_filter (members M) (fun j => weight M j h)). apply Sum_incl.
    - pose proof (NoDup_ranking h) as Hnd. rewrite E in Hnd.
      replace (l1 ++ i :: l2) with ((l1 ++ [i]) ++ l2) in Hnd by (rewrite <- app_assoc; reflexivity).
      clear -Hnd. induction (l1 ++ [i]) as [|x r IH]; [constructor|]. simpl in Hnd.
      inversion Hnd; subst. constructor; [|auto]. intros Hx. apply H1, in_or_app. tauto.
    - intros j Hj. apply filter_In.
      assert (Hj' : In j (ranking M h)).
      { rewrite E. apply in_app_or in Hj. apply in_or_app. simpl in *. tauto. }
      apply In_ranking in Hj'. split; [apply In_members; tauto|]. apply Rleb_true.
      apply in_app_or in Hj. destruct Hj as [Hj|[<-|[]]]; [|lra].
      assert (posterior M i h <= posterior M j h) as Hp.
      { pose proof (sort_sorted (fun k => posterior M k h)
          (filter (fun k => Rltb 0 (posterior M k h)) (members M))) as Hsort.
        fold (ranking M h) in Hsort. rewrite E in Hsort.
        apply (heaviest_first_split (fun k => posterior M k h)) in Hsort. apply Hsort, Hj. }
      unfold posterior, Rdiv in Hp. apply Rmult_le_reg_r in Hp; [exact Hp|].
      apply Rinv_0_lt_compat. lra.
    - intros j Hj. apply filter_In in Hj. apply weight_nonneg, In_members, Hj. }
  rewrite Sum_app in Hs. simpl in Hs. unfold posterior, Rdiv. rewrite Sum_scal_r.
  rewrite <- Rmult_plus_distr_r, <- Rmult_assoc. apply Rmult_le_compat_r.
  - left. apply Rinv_0_lt_compat. lra.
  - eapply Rle_trans; [|exact H]. apply Rmult_le_compat_l; lra.
Qed.

Lemma top_nonempty i h : (i < size M)%nat -> 0 < weight M i h -> top M h <> [].
Proof.
  intros Hi Hw. assert (Hr : In i (ranking M h)) by (apply In_ranking; auto).
  destruct (ranking M h) as [|j r] eqn:E; [destruct Hr|].
  assert (In j (top M h)) as Hj.
  { apply In_top. exists [], r. split; [exact E|]. simpl. rewrite Rplus_0_l.
    assert (In j (ranking M h)) as H by (rewrite E; left; reflexivity). apply In_ranking in H.
    pose proof (posterior_nonneg j h (proj1 H)). pose proof (alpha_range M WF). nra. }
  destruct (top M h); [destruct Hj|discriminate].
Qed.

Lemma imitator_le i h a : In i (top M h) -> imitator M h a <= member M i h a.
Proof. intros Hi. apply min_list_le. apply (in_map (fun i => member M i h a)), Hi. Qed.

Lemma imitator_attained h a :
  top M h <> [] -> exists i, In i (top M h) /\ imitator M h a = member M i h a.
Proof.
  intros H. unfold imitator.
  assert (In (min_list (map (fun i => member M i h a) (top M h)))
             (map (fun i => member M i h a) (top M h))) as Hin.
  { apply min_list_In. destruct (top M h); [congruence|discriminate]. }
  apply in_map_iff in Hin. destruct Hin as (i & E & Hi). exists i. auto.
Qed.

Lemma imitator_nonneg h a : 0 <= imitator M h a.
Proof.
  apply min_list_nonneg. intros x Hx. apply in_map_iff in Hx. destruct Hx as (i & <- & Hi).
  apply (member_semimeasure M WF). apply top_member in Hi. tauto.
Qed.

Lemma theta_le_1 h : theta M h <= 1.
Proof.
  unfold theta. assert (0 <= ∑ a ∈ actions M, imitator M h a); [|lra].
  apply Sum_nonneg. intros. apply imitator_nonneg.
Qed.

(** [m(.|h)] is a semimeasure (D6). *)
Lemma theta_nonneg h : 0 <= theta M h.
Proof.
  unfold theta. destruct (top M h) as [|i r] eqn:E.
  - rewrite (Sum_all_zero (actions M)); [lra|]. intros a _. unfold imitator. rewrite E. reflexivity.
  - assert (∑ a ∈ actions M, imitator M h a <= ∑ a ∈ actions M, member M i h a) as Hle.
    { apply Sum_le. intros a _. apply imitator_le. rewrite E. left; reflexivity. }
    assert (semimeasure (actions M) (member M i h)) as [_ Hi].
    { apply (member_semimeasure M WF). apply (top_member i h). rewrite E; left; reflexivity. }
    change (∑ a ∈ (actions M), member M i h a <= 1) in Hi. lra.
Qed.

Lemma imitator_sum h : ∑ a ∈ (actions M), imitator M h a = 1 - theta M h.
Proof. unfold theta. lra. Qed.

Lemma tau_range : 0 < tau M <= 1.
Proof.
  pose proof (alpha_range M WF). unfold tau. destruct (Rle_dec (alpha M) (1/2)); [|lra]. split.
  - apply Rdiv_lt_0_compat; lra.
  - apply (Rmult_le_reg_r (1 - alpha M)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.
End Facts.
