(** T1 for a countable class, as a limit of finite ones. The class is [member 0, member 1, ...] without end. Its top set
    is D5 read literally; on each history the top sets of the finite truncations reach it and stay, so for each
    horizon the law of the countable learner is the law of a truncation, and T1 passes to it. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law QueryCubes TopSet.
Import ListNotations.
Open Scope R_scope.

Section Countable.
Context {A O : Type}.
(** [size C] is not used. *)
Variable C : model A O.
Variable d : nat.

Definition truncate (n : nat) : model A O :=
  {| actions := actions C; observations := observations C; size := n; prior := prior C;
     member := member C; demo := demo C; env := env C; alpha := alpha C |}.

(** Every truncation is well formed: positive weights with sum at most 1, and the rest as in a finite class. *)
Hypothesis WF : forall n, well_formed (truncate n).
Hypothesis demo_member : forall h a, member C d h a = demo C h a.

(** D5 with all members: the weight ranked at or before [i] is the supremum over [N] of the sums below. *)
Definition countable_top (h : history A O) (i : nat) : Prop :=
  0 < weight C i h /\
  forall N, alpha C * (∑ j ∈ seq 0 N, (if ranked (fun k => weight C k h) j i then weight C j h else 0))
            <= weight C i h.

(** Histories over the model's actions and observations on which the demonstrator has positive weight. *)
Definition listed (h : history A O) : Prop := forall s, In s h -> In s (steps C).
Definition reachable (h : history A O) : Prop := listed h /\ 0 < weight C d h.

(** D6: [m] is the minimum over the countable top set, which is attained. *)
Definition countable_imitator (m : history A O -> A -> R) : Prop :=
  forall h a, reachable h -> In a (actions C) ->
    (exists i, countable_top h i /\ m h a = member C i h a) /\
    (forall i, countable_top h i -> m h a <= member C i h a).

Lemma truncation_realizable n : (d < n)%nat -> realizable (truncate n) d.
Proof. intros Hn. split; [exact Hn|exact demo_member]. Qed.

Lemma weight_truncate n i h : weight (truncate n) i h = weight C i h.
Proof. reflexivity. Qed.

Lemma evidence_le_1 i h : listed h -> evidence (member C i) h <= 1.
Proof.
  induction h as [|s past IH]; intros Hl; simpl; [lra|].
  assert (Hp : listed past) by (intros s' Hs'; apply Hl; right; exact Hs'). specialize (IH Hp).
  pose proof (evidence_nonneg (truncate (S i)) (WF (S i)) i past (Nat.lt_succ_diag_r i)) as H0.
  change (0 <= evidence (member C i) past) in H0.
  destruct (queried s); [|lra].
  destruct (member_semimeasure _ (WF (S i)) i past (Nat.lt_succ_diag_r i)) as [Hn Hs].
  change (member (truncate (S i)) i past) with (member C i past) in *.
  assert (In (act s) (actions C)) as Ha by (apply (In_steps C); apply Hl; left; reflexivity).
  pose proof (Sum_term_le (actions C) (member C i past) (act s) Ha (fun y _ => Hn y)) as Ht.
  specialize (Hn (act s)). change (actions (truncate (S i))) with (actions C) in Hs. nra.
Qed.

Lemma weight_le_prior i h : listed h -> weight C i h <= prior C i.
Proof.
  intros Hl. unfold weight. pose proof (evidence_le_1 i h Hl).
  pose proof (prior_pos _ (WF (S i)) i (Nat.lt_succ_diag_r i)) as Hp. change (0 < prior C i) in Hp. nra.
Qed.

(** The priors tend to 0. *)
Lemma prior_vanishes e : 0 < e -> exists N, forall i, (N <= i)%nat -> prior C i < e.
Proof.
  intros He.
  assert (Hpos : forall i, 0 < prior C i).
  { intros i. exact (prior_pos _ (WF (S i)) i (Nat.lt_succ_diag_r i)). }
  assert (Hsum : forall n, sum_f_R0 (prior C) n = ∑ t ∈ (seq 0 (S n)), prior C t).
  { induction n as [|n IH]; [simpl; ring|]. rewrite seq_S, Sum_app, <- IH. simpl. ring. }
  destruct (growing_cv (sum_f_R0 (prior C))) as (l & Hl).
  - intros n. simpl. specialize (Hpos (S n)). lra.
  - exists 1. intros x (n & ->). rewrite Hsum. exact (prior_total _ (WF (S n))).
  - destruct (Hl (e / 2)) as (N & HN); [lra|]. exists (S N). intros i Hi.
    destruct i as [|i]; [lia|]. pose proof (HN i ltac:(lia)) as H1. pose proof (HN (S i) ltac:(lia)) as H2.
    unfold R_dist in *. apply Rabs_def2 in H1. apply Rabs_def2 in H2. simpl in H2. lra.
Qed.

Lemma truncated_threshold n i h : (d < n)%nat -> 0 < weight C d h -> In i (top (truncate n) h) ->
  tau C * weight C d h <= weight C i h.
Proof.
  intros Hn Hd Hi.
  pose proof (threshold_lemma (truncate n) (WF n) d (truncation_realizable n Hn) i h Hd Hi) as H.
  change (tau (truncate n)) with (tau C) in H. unfold ratio in H. rewrite !weight_truncate in H.
  apply (Rmult_le_compat_r (weight C d h)) in H; [|lra].
  unfold Rdiv in H. rewrite Rmult_assoc, Rinv_l, Rmult_1_r in H by lra. exact H.
Qed.

(** On each reachable history the top sets of the truncations are eventually the countable one. *)
Theorem top_stabilises h : reachable h ->
  exists N, forall n, (N <= n)%nat -> forall i, In i (top (truncate n) h) <-> countable_top h i.
Proof.
  intros [Hl Hd]. pose proof (tau_range (truncate 0) (WF 0)) as Htau. change (tau (truncate 0)) with (tau C) in Htau.
  destruct (prior_vanishes (tau C * weight C d h)) as (N0 & HN0); [apply Rmult_lt_0_compat; lra|].
  exists (N0 + S d)%nat. intros n Hn i.
  assert (Hsmall : forall j, (n <= j)%nat -> weight C j h < tau C * weight C d h).
  { intros j Hj. eapply Rle_lt_trans; [apply weight_le_prior, Hl|apply HN0; lia]. }
  assert (Hnn : forall j, 0 <= weight C j h).
  { intros j. exact (weight_nonneg (truncate (S j)) (WF (S j)) j h (Nat.lt_succ_diag_r j)). }
  pose proof (alpha_range _ (WF 0)) as Ha. change (alpha (truncate 0)) with (alpha C) in Ha.
  set (f := fun j => if ranked (fun k => weight C k h) j i then weight C j h else 0).
  assert (Hf : forall j, 0 <= f j) by (intros j; unfold f; destruct (ranked _ j i); [apply Hnn|lra]).
  assert (Hspec : forall k, In i (top (truncate k) h) <-> (i < k)%nat /\ 0 < weight C i h /\ alpha C * Sum (seq 0 k) f <= weight C i h).
  { intros k. exact (In_top_spec (truncate k) (WF k) i h). }
  split.
  - intros Hi. pose proof (truncated_threshold n i h ltac:(lia) Hd Hi) as Hth.
    apply Hspec in Hi. destruct Hi as (Hin & Hw & H). split; [exact Hw|]. intros N. fold f.
    change (alpha C * Sum (seq 0 N) f <= weight C i h). eapply Rle_trans; [|exact H].
    apply Rmult_le_compat_l; [lra|]. destruct (le_lt_dec N n) as [HNn|HNn].
    + apply Sum_incl; [apply seq_NoDup| |auto]. intros j Hj. apply in_seq in Hj. apply in_seq. lia.
    + replace N with (n + (N - n))%nat by lia. rewrite seq_app, Sum_app.
      rewrite (Sum_all_zero (seq (0 + n) (N - n)) f); [lra|]. intros j Hj. apply in_seq in Hj.
      unfold f. rewrite after_not_ranked; [reflexivity|]. left. specialize (Hsmall j ltac:(lia)). lra.
  - intros [Hw H]. apply Hspec. fold f in H.
    change (forall N, alpha C * Sum (seq 0 N) f <= weight C i h) in H.
    split; [|split; [exact Hw|apply H]].
    destruct (le_lt_dec n i) as [Hle|]; [|assumption]. exfalso.
    assert (In i (top (truncate (S i)) h)) as Hi by (apply Hspec; split; [lia|]; split; [exact Hw|apply H]).
    pose proof (truncated_threshold (S i) i h ltac:(lia) Hd Hi). specialize (Hsmall i Hle). lra.
Qed.

(** So the minimum exists on each history, and it is that of any late truncation. *)
Theorem imitator_stabilises m h : countable_imitator m -> reachable h ->
  exists N, forall n, (N <= n)%nat ->
  forall a, In a (actions C) -> m h a = imitator (truncate n) h a.
Proof.
  intros Hm Hh. destruct (top_stabilises h Hh) as (N & HN). exists (N + S d)%nat. intros n Hn a Hin.
  destruct (Hm h a Hh Hin) as [(i & Hi & E) Hmin]. apply Rle_antisym.
  - destruct (imitator_attained (truncate n) h a) as (j & Hj & Ej).
    + apply (top_nonempty (truncate n) (WF n) d); [simpl; lia|exact (proj2 Hh)].
    + rewrite Ej. apply Hmin. apply (HN n); [lia|exact Hj].
  - rewrite E. apply (imitator_le (truncate n)). apply (HN n); [lia|exact Hi].
Qed.

(** The countable imitator exists (an infimum, by completeness of the reals; off the reachable histories its value is
    of no consequence). *)
Lemma member_nonneg i h a : 0 <= member C i h a.
Proof. exact (proj1 (member_semimeasure _ (WF (S i)) i h (Nat.lt_succ_diag_r i)) a). Qed.

Definition negated_values (h : history A O) (a : A) (x : R) : Prop :=
  x = - 2 \/ exists i, countable_top h i /\ x = - member C i h a.

Lemma negated_values_bound h a : bound (negated_values h a).
Proof.
  exists 0. intros x [->|(i & _ & ->)]; [lra|]. pose proof (member_nonneg i h a). lra.
Qed.

Lemma negated_values_inhabited h a : exists x, negated_values h a x.
Proof. exists (- 2). left; reflexivity. Qed.

Definition countable_minimum (h : history A O) (a : A) : R :=
  - proj1_sig (completeness _ (negated_values_bound h a) (negated_values_inhabited h a)).

Theorem countable_imitator_exists : countable_imitator countable_minimum.
Proof.
  intros h a Hh Ha. destruct (top_stabilises h Hh) as (N & HN). set (n := (N + S d)%nat).
  destruct (imitator_attained (truncate n) h a) as (j & Hj & Ej).
  { apply (top_nonempty (truncate n) (WF n) d); [simpl; unfold n; lia|exact (proj2 Hh)]. }
  assert (Hjt : countable_top h j) by (apply (HN n); [unfold n; lia|exact Hj]).
  assert (Hmin : forall i, countable_top h i -> member C j h a <= member C i h a).
  { intros i Hi. change (member C j h a) with (member (truncate n) j h a). rewrite <- Ej.
    apply (imitator_le (truncate n)). apply (HN n); [unfold n; lia|exact Hi]. }
  assert (Hle1 : member C j h a <= 1).
  { destruct (member_semimeasure _ (WF (S j)) j h (Nat.lt_succ_diag_r j)) as [Hn Hs].
    eapply Rle_trans; [|exact Hs]. apply (Sum_term_le (actions C) (member C j h) a Ha). intros y _. apply Hn. }
  assert (E : countable_minimum h a = member C j h a).
  { unfold countable_minimum. destruct (completeness _ _ _) as (l & Hub & Hlub). simpl.
    assert (- member C j h a <= l) by (apply Hub; right; exists j; auto).
    assert (l <= - member C j h a).
    { apply Hlub. intros x [->|(i & Hi & ->)]; [lra|]. specialize (Hmin i Hi). lra. }
    lra. }
  split.
  - exists j. auto.
  - intros i Hi. rewrite E. auto.
Qed.

(** The countable learner's law. *)
Definition countable_theta (m : history A O -> A -> R) (h : history A O) : R := 1 - ∑ a ∈ actions C, m h a.

Definition countable_kernel (m : history A O -> A -> R) (h : history A O) (s : step A O) : R :=
  (if queried s then countable_theta m h * demo C h (act s) else m h (act s)) * env C h (act s) (obs s).

Definition E_countable (m : history A O -> A -> R) (T : nat) (f : history A O -> R) : R :=
  expect C (countable_kernel m) T [] f.

Lemma common_stage (P : history A O -> nat -> Prop) l :
  (forall h, In h l -> exists N, forall n, (N <= n)%nat -> P h n) ->
  exists N, forall n, (N <= n)%nat -> forall h, In h l -> P h n.
Proof.
  induction l as [|h r IH]; intros H; [exists 0%nat; intros n _ h []|].
  destruct (H h (or_introl eq_refl)) as (N1 & H1). destruct IH as (N2 & H2).
  { intros h' Hh'. apply H. right; exact Hh'. }
  exists (N1 + N2)%nat. intros n Hn h' [<-|Hh']; [apply H1; lia|apply (H2 n ltac:(lia)), Hh'].
Qed.

(** One truncation serves all reachable histories up to time [T]. *)
Lemma stage m : countable_imitator m -> forall T, exists N, forall n, (N <= n)%nat ->
  forall t h, (t <= T)%nat -> In h (histories C t) -> 0 < weight C d h ->
  forall a, In a (actions C) -> m h a = imitator (truncate n) h a.
Proof.
  intros Hm T.
  assert (Hlist : forall t h, In h (histories C t) -> listed h).
  { induction t as [|t IH]; simpl; intros h Hh.
    - destruct Hh as [<-|[]]. intros s [].
    - apply in_flat_map in Hh. destruct Hh as (past & Hp & Hh). apply in_map_iff in Hh.
      destruct Hh as (s & <- & Hs). intros s' [<-|Hs']; [exact Hs|exact (IH past Hp s' Hs')]. }
  destruct (common_stage (fun h n => 0 < weight C d h -> forall a, In a (actions C) -> m h a = imitator (truncate n) h a)
    (flat_map (histories C) (seq 0 (S T)))) as (N & HN).
  - intros h Hh. apply in_flat_map in Hh. destruct Hh as (t & _ & Hh).
    destruct (Rlt_dec 0 (weight C d h)) as [Hd|Hd].
    + destruct (imitator_stabilises m h Hm) as (N & HN); [split; [apply (Hlist t h Hh)|exact Hd]|].
      exists N. intros n Hn _. apply HN, Hn.
    + exists 0%nat. intros n _ Hd'. contradiction.
  - exists N. intros n Hn t h Ht Hh Hd. apply (HN n Hn); [|exact Hd].
    apply in_flat_map. exists t. split; [apply in_seq; lia|exact Hh].
Qed.

Lemma expect_agree m n T : (d < n)%nat ->
  (forall t h, (t <= T)%nat -> In h (histories C t) -> 0 < weight C d h ->
     forall a, In a (actions C) -> m h a = imitator (truncate n) h a) ->
  forall (f g : history A O -> R), (forall h, 0 < weight C d h -> In h (histories C T) -> f h = g h) ->
  forall k t h, (t + k = T)%nat -> In h (histories C t) -> 0 < weight C d h ->
  expect C (countable_kernel m) k h f = expect (truncate n) (imitator_kernel (truncate n)) k h g.
Proof.
  intros Hn Hagree f g Hfg. induction k as [|k IH]; intros t h Ht Hh Hd.
  - simpl. apply Hfg; [exact Hd|]. replace T with t by lia. exact Hh.
  - cbn [expect]. change (steps (truncate n)) with (steps C). apply Sum_ext. intros s Hs.
    assert (EK : countable_kernel m h s = imitator_kernel (truncate n) h s).
    { unfold countable_kernel, imitator_kernel, countable_theta, theta.
      change (actions (truncate n)) with (actions C).
      rewrite (Sum_ext (actions C) (fun a => m h a) (fun a => imitator (truncate n) h a))
        by (intros a Ha; apply (Hagree t h); [lia|assumption|assumption|assumption]).
      rewrite (Hagree t h ltac:(lia) Hh Hd (act s)) by (apply (In_steps C), Hs). reflexivity. }
    rewrite EK. destruct (Req_dec (imitator_kernel (truncate n) h s) 0) as [Z|Z]; [rewrite Z; ring|].
    f_equal. apply (IH (S t)); [lia| |].
    + simpl. apply in_flat_map. exists h. split; [exact Hh|]. apply (in_map (fun s => s :: h)), Hs.
    + apply (kernel_live _ _ _ (imitator_stochastic (truncate n) (WF n) d (truncation_realizable n Hn)) h s Hd Hs Z).
Qed.

(** Up to time [T] the law is that of every late truncation. *)
Lemma truncation_law m T (f : history A O -> R) : countable_imitator m ->
  exists N, forall n, (N <= n)%nat -> (d < n)%nat -> E_countable m T f = E_i (truncate n) T f.
Proof.
  intros Hm. destruct (stage m Hm T) as (N & HN). exists N. intros n HNn Hn.
  apply (expect_agree m n T Hn) with (t := 0%nat).
  - exact (HN n HNn).
  - reflexivity.
  - reflexivity.
  - left; reflexivity.
  - exact (live_start (truncate n) (WF n) d (truncation_realizable n Hn)).
Qed.

(** T1 for a countable class: any bound on the truncated [S] bounds the query cubes at every horizon. *)
Theorem T1_countable m bound T : countable_imitator m ->
  (forall n, (d < n)%nat -> S_bound (truncate n) d <= bound) ->
  ∑ t ∈ seq 0 T, E_countable m t (fun h => countable_theta m h ^ 3) <= bound.
Proof.
  intros Hm HS. destruct (stage m Hm T) as (N & HN). set (n := (N + S d)%nat).
  assert (Hn : (d < n)%nat) by (unfold n; lia).
  eapply Rle_trans; [|apply (HS n Hn)].
  eapply Rle_trans; [|apply (T1_query_cubes (truncate n) (WF n) d (truncation_realizable n Hn) T)].
  right. unfold E_i.
  rewrite (expect_path_sum _ _ _ (imitator_stochastic (truncate n) (WF n) d (truncation_realizable n Hn)))
    by exact (live_start (truncate n) (WF n) d (truncation_realizable n Hn)).
  apply Sum_ext. intros t Ht. apply in_seq in Ht. unfold E_countable.
  assert (Hag : forall t' h, (t' <= t)%nat -> In h (histories C t') -> 0 < weight C d h ->
     forall a, In a (actions C) -> m h a = imitator (truncate n) h a).
  { intros t' h Ht'. apply (HN n ltac:(unfold n; lia)). lia. }
  apply (expect_agree m n t Hn Hag _ _) with (t := 0%nat).
  - intros h Hd Hh. unfold countable_theta, theta. change (actions (truncate n)) with (actions C).
    rewrite (Sum_ext (actions C) (fun a => m h a) (fun a => imitator (truncate n) h a)); [reflexivity|].
    intros a Ha. apply (Hag t h); [lia|exact Hh|exact Hd|exact Ha].
  - reflexivity.
  - left; reflexivity.
  - exact (live_start (truncate n) (WF n) d (truncation_realizable n Hn)).
Qed.

(** [S_lin] is such a bound, whatever the tail. *)
Theorem T1_countable_S_lin m T : countable_imitator m ->
  ∑ t ∈ seq 0 T, E_countable m t (fun h => countable_theta m h ^ 3) <= S_lin C d.
Proof.
  intros Hm. apply T1_countable; [exact Hm|]. intros n Hn.
  exact (S_bound_le_S_lin (truncate n) (WF n) d (truncation_realizable n Hn)).
Qed.

(** [S] of the countable class is the limit of the [S] of its truncations; it exists, and it bounds the query cubes. *)
Theorem T1_countable_limit m : countable_imitator m ->
  exists l, Un_cv (fun n => S_bound (truncate n) d) l /\ l <= S_lin C d /\
  forall T, ∑ t ∈ seq 0 T, E_countable m t (fun h => countable_theta m h ^ 3) <= l.
Proof.
  intros Hm. set (u := fun n => S_bound (truncate n) d).
  assert (Hg : Un_growing u).
  { intros n. unfold u, S_bound, others, members. change (size (truncate (S n))) with (S n).
    change (size (truncate n)) with n. rewrite seq_S, filter_app, Sum_app. simpl (0 + n)%nat.
    change (tau (truncate (S n))) with (tau (truncate n)).
    assert (0 <= Sum (filter (fun i => negb (Nat.eqb i d)) [n]) (fun i => F (ratio (truncate (S n)) d i [] / tau (truncate n)))) as H0.
    { apply Sum_nonneg. intros i _. apply LogLemma.F_nonneg. unfold ratio, Rdiv.
      pose proof (weight_nonneg _ (WF (S i)) i [] (Nat.lt_succ_diag_r i)) as Hi.
      pose proof (live_start _ (WF (S d)) d (truncation_realizable (S d) (Nat.lt_succ_diag_r d))) as Hd.
      unfold live in Hd. rewrite weight_truncate in Hi, Hd. rewrite !weight_truncate.
      apply Rmult_le_pos; [apply Rmult_le_pos; [exact Hi|left; apply Rinv_0_lt_compat, Hd]|].
      left. apply Rinv_0_lt_compat. apply (tau_range _ (WF n)). }
    change (Sum (filter (fun i => negb (Nat.eqb i d)) (seq 0 n)) (fun i => F (ratio (truncate n) d i [] / tau (truncate n)))
      <= Sum (filter (fun i => negb (Nat.eqb i d)) (seq 0 n)) (fun i => F (ratio (truncate n) d i [] / tau (truncate n)))
       + Sum (filter (fun i => negb (Nat.eqb i d)) [n]) (fun i => F (ratio (truncate (S n)) d i [] / tau (truncate n)))).
    lra. }
  assert (Hlin : forall n, (d < n)%nat -> u n <= S_lin C d).
  { intros n Hn. exact (S_bound_le_S_lin (truncate n) (WF n) d (truncation_realizable n Hn)). }
  assert (Hb : forall n, u n <= S_lin C d).
  { intros n. apply Rle_trans with (u (n + S d)%nat); [|apply Hlin; lia].
    apply Rge_le, growing_prop; [exact Hg|lia]. }
  destruct (growing_cv u Hg) as (l & Hl).
  { exists (S_lin C d). intros x (n & ->). apply Hb. }
  exists l. split; [exact Hl|]. split.
  - destruct (Rle_dec l (S_lin C d)) as [|Hn]; [assumption|].
    destruct (Hl (l - S_lin C d)) as (n & Hn'); [lra|]. specialize (Hn' n (le_n n)).
    unfold R_dist in Hn'. apply Rabs_def2 in Hn'. specialize (Hb n). lra.
  - intros T. apply T1_countable; [exact Hm|]. intros n _. exact (growing_ineq u l Hg Hl n).
Qed.
End Countable.
