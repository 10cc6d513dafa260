(** The executable learner of [Rational] computes the real-valued quantities of [Learner] and [Law]. *)
From Coq Require Import Reals List Bool Arith ZArith QArith Qreals Lra Lia.
From ExactCBIL Require Import Sums Learner Law Machines Propagation Rational.
Import ListNotations.
Open Scope R_scope.

(** * Merging is sound *)

Lemma then_compare_eq c d : then_compare c d = Eq -> c = Eq /\ d = Eq.
Proof. destruct c; simpl; intros; try discriminate; auto. Qed.

Lemma compare_lists_eq {X} (compare : X -> X -> comparison) :
  (forall x y, compare x y = Eq -> x = y) ->
  forall l k, compare_lists compare l k = Eq -> l = k.
Proof.
  intros H. induction l as [|x l IH]; intros [|y k]; simpl; intros E; try discriminate; auto.
  apply then_compare_eq in E. destruct E as [E1 E2]. apply H in E1. apply IH in E2. congruence.
Qed.

Lemma compare_weights_eq x y : compare_weights x y = Eq -> x = y.
Proof.
  destruct x as [w x], y as [v y]. intros E. apply then_compare_eq in E. destruct E as [E1 E2].
  simpl in *. apply Z.compare_eq in E1. apply Nat.compare_eq in E2. congruence.
Qed.

Lemma compare_states_eq x y : compare_states x y = Eq -> x = y.
Proof.
  destruct x as [b1 d1 e1 v1 l1], y as [b2 d2 e2 v2 l2]. unfold compare_states. simpl. intros E.
  repeat match goal with H : then_compare _ _ = Eq |- _ =>
    apply then_compare_eq in H; destruct H end.
  repeat match goal with H : Nat.compare _ _ = Eq |- _ => apply Nat.compare_eq in H end.
  repeat match goal with H : compare_lists _ _ _ = Eq |- _ =>
    apply compare_lists_eq in H; [|first [apply Nat.compare_eq | apply compare_weights_eq]] end.
  assert (l1 = l2) by (destruct l1, l2; simpl in *; congruence). congruence.
Qed.

(** * Ranking, top set and minimum at a common scale *)

Section Scale.
Variables (p : nat -> R) (w : nat -> Z) (k : R) (n : nat).
Hypothesis k_pos : 0 < k.
Hypothesis scaled : forall i, (i < n)%nat -> p i = k * IZR (w i).

Lemma scaled_le i j : (i < n)%nat -> (j < n)%nat -> Rleb (p i) (p j) = Z.leb (w i) (w j).
Proof.
  intros Hi Hj. rewrite !scaled by assumption. unfold Rleb. destruct (Rle_dec _ _) as [H|H].
  - symmetry. apply Z.leb_le, le_IZR, (Rmult_le_reg_l k); assumption.
  - symmetry. apply Z.leb_gt. apply Z.nle_gt. intros Hle. apply H, Rmult_le_compat_l; [lra|].
    apply IZR_le, Hle.
Qed.

Lemma scaled_lt i : (i < n)%nat -> Rltb 0 (p i) = Z.ltb 0 (w i).
Proof.
  intros Hi. rewrite scaled by assumption. unfold Rltb. destruct (Rlt_dec _ _) as [H|H].
  - symmetry. apply Z.ltb_lt, lt_IZR, (Rmult_lt_reg_l k); lra.
  - symmetry. apply Z.ltb_ge, Z.nlt_ge. intros Hlt. apply H. apply (IZR_lt 0) in Hlt. nra.
Qed.

Definition below (l : list nat) : Prop := forall i, In i l -> (i < n)%nat.

Lemma below_cons i l : below (i :: l) -> (i < n)%nat /\ below l.
Proof. intros H. split; [apply H; left; reflexivity|]. intros j Hj. apply H. right. exact Hj. Qed.

Lemma zinsert_insert i l : (i < n)%nat -> below l -> zinsert w i l = insert p i l.
Proof.
  intros Hi. induction l as [|j r IH]; intros Hl; simpl; [reflexivity|].
  apply below_cons in Hl. destruct Hl. rewrite scaled_le by assumption.
  rewrite IH by assumption. reflexivity.
Qed.

Lemma zsort_sort l : below l -> zsort w l = sort p l.
Proof.
  induction l as [|i r IH]; intros Hl; simpl; [reflexivity|]. apply below_cons in Hl.
  destruct Hl as [Hi Hr]. rewrite IH by exact Hr. apply zinsert_insert; [exact Hi|].
  intros j Hj. apply sort_In in Hj. auto.
Qed.

Lemma zpassing_passing num den racc acc l :
  below l -> racc = k * IZR acc ->
  zpassing num (Zpos den) w acc l = passing (over num den) p racc l.
Proof.
  revert racc acc. induction l as [|i r IH]; intros racc acc Hl Hacc; simpl; [reflexivity|].
  apply below_cons in Hl. destruct Hl as [Hi Hr].
  assert (Hacc' : racc + p i = k * IZR (acc + w i)) by (rewrite Hacc, scaled, plus_IZR by exact Hi; ring).
  rewrite (IH _ _ Hr Hacc'). rewrite Hacc', scaled by exact Hi.
  replace (Rleb (over num den * (k * IZR (acc + w i))) (k * IZR (w i)))
    with (num * (acc + w i) <=? Zpos den * w i)%Z; [reflexivity|].
  pose proof (unit_pos den) as Hd. unfold over, Rleb. set (dr := IZR (Zpos den)) in *.
  assert (E : forall a b, IZR num / dr * (k * a) <= k * b <-> IZR num * a <= dr * b).
  { intros a b. assert (IZR num / dr * (k * a) = k / dr * (IZR num * a)) as -> by (field; lra).
    assert (k * b = k / dr * (dr * b)) as -> by (field; lra).
    assert (Hkd : 0 < k / dr) by (apply Rdiv_lt_0_compat; assumption). split; intros H.
    - apply (Rmult_le_reg_l (k / dr)); assumption.
    - apply Rmult_le_compat_l; lra. }
  destruct (Rle_dec _ _) as [H|H]; rewrite E in H; unfold dr in H; rewrite <- !mult_IZR in H.
  - apply Z.leb_le, le_IZR, H.
  - apply Z.leb_gt, Z.nle_gt. intros Hle. apply H, IZR_le, Hle.
Qed.

Lemma ztop_passing num den :
  zpassing num (Zpos den) w 0 (zsort w (filter (fun i => (0 <? w i)%Z) (seq 0 n)))
  = passing (over num den) p 0 (sort p (filter (fun i => Rltb 0 (p i)) (seq 0 n))).
Proof.
  assert (filter (fun i => (0 <? w i)%Z) (seq 0 n) = filter (fun i => Rltb 0 (p i)) (seq 0 n)) as ->.
  { apply filter_ext_in. intros i Hi. apply in_seq in Hi. rewrite scaled_lt by lia. reflexivity. }
  assert (below (filter (fun i => Rltb 0 (p i)) (seq 0 n))) as Hb.
  { intros i Hi. apply filter_In in Hi. destruct Hi as [Hi _]. apply in_seq in Hi. lia. }
  rewrite zsort_sort by exact Hb. apply zpassing_passing; [|simpl; ring].
  intros i Hi. apply sort_In in Hi. auto.
Qed.
End Scale.

Lemma min_list_over d l : min_list (map (fun n => over n d) l) = over (zmin_list l) d.
Proof.
  pose proof (unit_pos d) as Hd. assert (0 < / IZR (Zpos d)) as Hi by apply Rinv_0_lt_compat, Hd.
  induction l as [|x [|y r] IH]; [unfold over, Rdiv; simpl; ring|reflexivity|].
  change (Rmin (over x d) (min_list (map (fun n => over n d) (y :: r)))
          = over (Z.min x (zmin_list (y :: r))) d).
  rewrite IH. unfold over, Rdiv, Rmin. set (z := zmin_list (y :: r)).
  destruct (Rle_dec _ _) as [H|H].
  - rewrite Z.min_l; [reflexivity|]. apply le_IZR. apply Rmult_le_reg_r in H; assumption.
  - rewrite Z.min_r; [reflexivity|]. apply Z.lt_le_incl, Z.nle_gt. intros Hle.
    apply H, Rmult_le_compat_r; [lra|]. apply IZR_le, Hle.
Qed.

Lemma map_entry {l : nat -> Z} {n} a : (a < n)%nat -> entry (map l (seq 0 n)) a = l a.
Proof.
  intros H. unfold entry. rewrite (nth_indep _ 0%Z (l 0%nat)) by (rewrite map_length, seq_length; exact H).
  rewrite map_nth, seq_nth by exact H. reflexivity.
Qed.

(** Did [bad] hold at some time before the end of the history? *)
Definition ever_before {A O} (bad : history A O -> bool) (h : history A O) : bool :=
  match h with [] => false | _ :: past => ever bad past end.

Lemma ever_split {A O} (bad : history A O -> bool) h : ever bad h = bad h || ever_before bad h.
Proof. destruct h; simpl; [rewrite orb_false_r|]; reflexivity. Qed.

(** * A state that stands for a history *)

Section Represents.
Variable X : rational_model.
Hypothesis ok : checked X = true.
Let M := model_of X.
Let WF : well_formed M := checked_well_formed X ok.
Implicit Types (h : nhistory) (x : state) (i : nat).

(** Is the demonstrator outside the top set? Never, when it is outside the class. *)
Definition gone (h : nhistory) : bool :=
  match demonstrator X with inl d => negb (in_top M d h) | inr _ => false end.

Record belief_of (h : nhistory) (bs : list (Z * nat)) : Prop := {
  belief_length : length bs = length (policies X);
  belief_scale : exists c, 0 < c /\
    forall i, (i < size M)%nat -> weight M i h = c * IZR (weight_in bs i);
  belief_places : forall i, (i < size M)%nat -> weight_in bs i <> 0%Z ->
    place_in bs i = state_after (policy_machine X i) h
}.

Record machines_of (h : nhistory) (x : state) : Prop := {
  machines_demonstrator : at_demonstrator x = state_after (demo_machine X) h;
  machines_environment : at_environment x = state_after (environment X) h;
  machines_events : at_events x = map (fun e => state_after e h) (events X)
}.

Record represents (h : nhistory) (x : state) : Prop := {
  represents_belief : belief_of h (belief x);
  represents_machines : machines_of h x;
  represents_left : left_before x = ever_before gone h
}.

Lemma posterior_scale h bs : belief_of h bs ->
  exists k, 0 < k /\ forall i, (i < size M)%nat -> posterior M i h = k * IZR (weight_in bs i).
Proof.
  intros [_ (c & Hc & Hw) _]. pose proof (total_weight_nonneg M WF h) as Ht.
  destruct (Req_dec (total_weight M h) 0) as [E|E].
  - exists 1. split; [lra|]. intros i Hi. pose proof (weight_le_total M WF i h Hi) as Hle.
    pose proof (weight_nonneg M WF i h Hi) as Hn. assert (weight M i h = 0) as Z by lra.
    unfold posterior. rewrite Z. rewrite (Hw i Hi) in Z. apply Rmult_integral in Z.
    destruct Z as [Z|Z]; [lra|]. rewrite Z. unfold Rdiv. ring.
  - exists (c / total_weight M h). split; [apply Rdiv_lt_0_compat; lra|].
    intros i Hi. unfold posterior. rewrite (Hw i Hi). field. exact E.
Qed.

Lemma ztop_top h bs : belief_of h bs -> ztop X bs = top M h.
Proof.
  intros H. destruct (posterior_scale h bs H) as (k & Hk & Hp).
  apply (ztop_passing (fun i => posterior M i h) (weight_in bs) k (size M) Hk Hp).
Qed.

Lemma outside_gone h bs : belief_of h bs -> outside X (ztop X bs) = gone h.
Proof. intros H. unfold outside, gone, in_top. rewrite (ztop_top h bs H). reflexivity. Qed.

Lemma left_by_ever h x : represents h x -> left_by X x = ever gone h.
Proof.
  intros H. unfold left_by. rewrite (outside_gone h _ (represents_belief _ _ H)), ever_split.
  rewrite (represents_left _ _ H). reflexivity.
Qed.

Lemma zminimum_imitator h bs a : belief_of h bs ->
  over (zminimum X bs (ztop X bs) a) (mass_unit X) = imitator M h a.
Proof.
  intros H. unfold zminimum, imitator. rewrite <- min_list_over, map_map, (ztop_top h bs H).
  f_equal. apply map_ext_in. intros i Hi. apply (top_member M WF) in Hi. destruct Hi as [Hi Hw].
  change (member M i h a) with (over (mass (policy_machine X i) (state_after (policy_machine X i) h) a)
    (mass_unit X)).
  rewrite (belief_places h bs H i Hi); [reflexivity|]. intros E.
  destruct (belief_scale h bs H) as (c & Hc & Hs). rewrite (Hs i Hi), E in Hw. lra.
Qed.

Lemma minima_entry h bs a : belief_of h bs -> In a (actions M) ->
  over (entry (zminima X bs (ztop X bs)) a) (mass_unit X) = imitator M h a.
Proof.
  intros H Ha. apply in_seq in Ha. unfold zminima. rewrite map_entry by lia.
  apply zminimum_imitator, H.
Qed.

Lemma ztheta_theta h bs : belief_of h bs ->
  over (ztheta X (zminima X bs (ztop X bs))) (mass_unit X) = theta M h.
Proof.
  intros H. unfold ztheta, theta, over. rewrite minus_IZR. unfold Rdiv.
  rewrite Rmult_minus_distr_r, Rinv_r by (pose proof (unit_pos (mass_unit X)); lra). f_equal.
  rewrite (Sum_ext (actions M) (fun a => imitator M h a)
    (fun a => over (entry (zminima X bs (ztop X bs)) a) (mass_unit X)))
    by (intros; symmetry; apply minima_entry; assumption).
  symmetry. apply Sum_over. unfold zminima.
  rewrite map_length, seq_length. reflexivity.
Qed.

(** * One step *)

Lemma steps_rational : steps M = rational_steps X.
Proof. reflexivity. Qed.

Lemma divisor_divides bs b : In b bs -> (divisor bs | fst b)%Z.
Proof.
  induction bs as [|x r IH]; [intros []|]. simpl. intros [->|H].
  - apply Z.gcd_divide_l.
  - eapply Z.divide_trans; [apply Z.gcd_divide_r|auto].
Qed.

Lemma divisor_nonneg bs : (0 <= divisor bs)%Z.
Proof. destruct bs; simpl; [lia|apply Z.gcd_nonneg]. Qed.

Lemma reduce_scale bs : exists g : Z, (0 < g)%Z /\ length (reduce bs) = length bs /\
  forall i, weight_in bs i = (g * weight_in (reduce bs) i)%Z /\ place_in (reduce bs) i = place_in bs i.
Proof.
  unfold reduce. pose proof (divisor_nonneg bs) as Hn. destruct (Z.eqb_spec (divisor bs) 0) as [E|E].
  - exists 1%Z. repeat split; lia.
  - exists (divisor bs). split; [lia|]. split; [apply map_length|]. intros i.
    unfold weight_in, place_in.
    destruct (Nat.lt_ge_cases i (length bs)) as [Hi|Hi].
    + set (f := fun b : Z * nat => ((fst b / divisor bs)%Z, snd b)).
      rewrite (nth_indep (map f bs) _ (f (0%Z, 0%nat))) by (rewrite map_length; exact Hi).
      rewrite map_nth. split; [|reflexivity]. simpl. apply Z_div_exact_full_2; [exact E|].
      apply Z.mod_divide; [exact E|]. apply divisor_divides, nth_In, Hi.
    + rewrite !nth_overflow by (try rewrite map_length; exact Hi). simpl. split; [lia|reflexivity].
Qed.

Lemma reduce_belief h bs : belief_of h bs -> belief_of h (reduce bs).
Proof.
  intros [Hl (c & Hc & Hw) Hp]. destruct (reduce_scale bs) as (g & Hg & Hlen & Hr). split.
  - congruence.
  - exists (c * IZR g). split; [apply Rmult_lt_0_compat; [exact Hc|apply (IZR_lt 0), Hg]|].
    intros i Hi. rewrite (Hw i Hi), (proj1 (Hr i)), mult_IZR. ring.
  - intros i Hi Hz. rewrite (proj2 (Hr i)). apply Hp; [exact Hi|]. rewrite (proj1 (Hr i)). nia.
Qed.

Lemma bury_fst b : fst (bury b) = fst b.
Proof. unfold bury. destruct (Z.eqb_spec (fst b) 0); simpl; congruence. Qed.

Lemma bury_snd b : fst b <> 0%Z -> snd (bury b) = snd b.
Proof. unfold bury. destruct (Z.eqb_spec (fst b) 0); simpl; congruence. Qed.

Lemma answer_belief h bs s : belief_of h bs ->
  belief_of (s :: h) (map (answer s) (combine (policies X) bs)).
Proof.
  intros [Hl (c & Hc & Hw) Hp].
  assert (Hn : forall i, (i < size M)%nat ->
    nth i (map (answer s) (combine (policies X) bs)) (0%Z, 0%nat)
    = answer s (policy_machine X i, nth i bs (0%Z, 0%nat))).
  { intros i Hi. simpl in Hi.
    rewrite (nth_indep _ _ (answer s (no_machine, (0%Z, 0%nat))))
      by (rewrite map_length, combine_length, Hl, Nat.min_id; exact Hi).
    rewrite map_nth, combine_nth by (symmetry; exact Hl). reflexivity. }
  assert (Hwt : forall i, (i < size M)%nat ->
    weight_in (map (answer s) (combine (policies X) bs)) i
    = (weight_in bs i * (if queried s then mass (policy_machine X i) (place_in bs i) (act s) else 1))%Z).
  { intros i Hi. unfold weight_in, place_in. rewrite Hn by exact Hi. unfold answer.
    destruct (nth i bs (0%Z, 0%nat)) as [w y]. rewrite bury_fst. simpl.
    destruct (queried s); [reflexivity|ring]. }
  split.
  - rewrite map_length, combine_length, Hl. apply Nat.min_id.
  - exists (c * (if queried s then / IZR (Zpos (mass_unit X)) else 1)). split.
    { apply Rmult_lt_0_compat; [exact Hc|]. destruct (queried s); [|lra].
      apply Rinv_0_lt_compat, unit_pos. }
    intros i Hi. rewrite Hwt by exact Hi. rewrite weight_step, (Hw i Hi), mult_IZR.
    destruct (queried s); [|ring].
    change (member M i h (act s)) with
      (over (mass (policy_machine X i) (state_after (policy_machine X i) h) (act s)) (mass_unit X)).
    destruct (Z.eq_dec (weight_in bs i) 0) as [E|E]; [rewrite E; ring|].
    rewrite (Hp i Hi E). unfold over, Rdiv. ring.
  - intros i Hi Hz. rewrite Hwt in Hz by exact Hi.
    assert (weight_in bs i <> 0%Z) as Hz' by (intros E; apply Hz; rewrite E; reflexivity).
    specialize (Hp i Hi Hz'). cbn [state_after]. rewrite <- Hp.
    assert (weight_in (map (answer s) (combine (policies X) bs)) i <> 0%Z) as Hz''
      by (rewrite Hwt by exact Hi; exact Hz).
    unfold weight_in, place_in in *. rewrite Hn in * by exact Hi. unfold answer in *.
    destruct (nth i bs (0%Z, 0%nat)) as [w y]. rewrite bury_fst in Hz''. apply bury_snd, Hz''.
Qed.

Lemma update_belief h bs s : belief_of h bs -> belief_of (s :: h) (update X bs s).
Proof.
  intros H. apply (answer_belief h bs s) in H. unfold update.
  destruct (queried s); [apply reduce_belief|]; exact H.
Qed.

Lemma events_move h s :
  move_events X (map (fun e => state_after e h) (events X)) s
  = map (fun e => state_after e (s :: h)) (events X).
Proof. unfold move_events. induction (events X) as [|e r IH]; simpl; [|f_equal; exact IH]. reflexivity. Qed.

Lemma imitator_after_represents h x s : represents h x ->
  represents (s :: h) (imitator_after X x (left_by X x) s).
Proof.
  intros H. pose proof (left_by_ever h x H) as Hl. destruct H as [Hb [Hd He Hv] _]. split.
  - apply update_belief, Hb.
  - split; simpl; [rewrite Hd|rewrite He|rewrite Hv; apply events_move]; reflexivity.
  - exact Hl.
Qed.

Lemma start_represents : represents [] (imitator_start X).
Proof.
  assert (Hn : forall i, (i < size M)%nat ->
    nth i (map bury (map (fun i => (entry (priors X) i, start (policy_machine X i)))
      (seq 0 (length (policies X))))) (0%Z, 0%nat)
    = bury (entry (priors X) i, start (policy_machine X i))).
  { intros i Hi. simpl in Hi. rewrite map_map.
    set (f := fun i => bury (entry (priors X) i, start (policy_machine X i))).
    rewrite (nth_indep _ _ (f 0%nat)) by (rewrite map_length, seq_length; exact Hi).
    rewrite map_nth, seq_nth by exact Hi. reflexivity. }
  split; [|split; reflexivity|reflexivity]. apply reduce_belief. split.
  - rewrite !map_length. apply seq_length.
  - exists (/ IZR (Zpos (prior_unit X))). split; [apply Rinv_0_lt_compat, unit_pos|].
    intros i Hi. unfold weight_in. rewrite Hn, bury_fst by exact Hi. unfold weight. simpl.
    unfold over, Rdiv. ring.
  - intros i Hi Hz. unfold weight_in, place_in in *. rewrite Hn in * by exact Hi.
    rewrite bury_fst in Hz. rewrite bury_snd by exact Hz. reflexivity.
Qed.

(** * The chains follow the kernels *)

Lemma value_successors numerator after f :
  value (successors X numerator after) f = ∑ s ∈ (steps M), IZR (numerator s) * f (after s).
Proof.
  unfold value, successors. rewrite Sum_map, Sum_filter. apply Sum_ext. intros s _. simpl.
  destruct (Z.eqb_spec (numerator s) 0) as [E|E]; simpl; [rewrite E; ring|reflexivity].
Qed.

Lemma chain_follows (K : kernel nat nat) (rep : nhistory -> state -> Prop) unit h numerator after g f :
  (0 < unit)%Z ->
  (forall s, In s (steps M) -> K h s = IZR (numerator s) / IZR unit) ->
  (forall s, In s (steps M) -> rep (s :: h) (after s)) ->
  (forall h' x', rep h' x' -> g h' = f x') ->
  ∑ s ∈ (steps M), K h s * g (s :: h) = value (successors X numerator after) f / IZR unit.
Proof.
  intros Hu HK Hr Hg. rewrite value_successors. unfold Rdiv. rewrite <- Sum_scal_r.
  apply Sum_ext. intros s Hs. rewrite (HK s Hs), (Hg _ _ (Hr s Hs)). unfold Rdiv. ring.
Qed.

Lemma imitator_unit_positive : (0 < imitator_unit X)%Z.
Proof. reflexivity. Qed.

Lemma demonstrator_unit_positive : (0 < demonstrator_unit X)%Z.
Proof. reflexivity. Qed.

Lemma over_mult2 a b d e : over a d * over b e = IZR (a * b) / IZR (Zpos d * Zpos e).
Proof.
  unfold over. rewrite !mult_IZR. pose proof (unit_pos d). pose proof (unit_pos e). field. lra.
Qed.

Lemma imitator_follows h x g f : represents h x ->
  (forall h' x', represents h' x' -> g h' = f x') ->
  ∑ s ∈ (steps M), imitator_kernel M h s * g (s :: h)
  = value (imitator_next X x) f / IZR (imitator_unit X).
Proof.
  intros H Hg. unfold imitator_next.
  apply (chain_follows _ represents); [exact imitator_unit_positive| | |exact Hg].
  - intros s Hs. apply In_steps in Hs. destruct Hs as [Ha _]. pose proof (represents_belief _ _ H) as Hb.
    pose proof (represents_machines _ _ H) as [Hd He _].
    unfold imitator_kernel. rewrite <- (minima_entry h _ _ Hb Ha), <- (ztheta_theta h _ Hb).
    change (demo M h (act s)) with (over (mass (demo_machine X) (state_after (demo_machine X) h) (act s))
      (mass_unit X)).
    change (env M h (act s) (obs s)) with
      (over (chance X (state_after (environment X) h) (act s) (obs s)) (chance_unit X)).
    unfold imitator_numerator, imitator_unit. rewrite Hd, He. unfold over. destruct (queried s);
      rewrite !mult_IZR; pose proof (unit_pos (mass_unit X)); pose proof (unit_pos (chance_unit X));
      field; lra.
  - intros s _. apply (imitator_after_represents h x s H).
Qed.

Definition demonstrator_represents (h : nhistory) (x : state) : Prop := machines_of h x.

Lemma demonstrator_follows h x g f : machines_of h x ->
  (forall h' x', machines_of h' x' -> g h' = f x') ->
  ∑ s ∈ (steps M), demo_kernel M h s * g (s :: h)
  = value (demonstrator_next X x) f / IZR (demonstrator_unit X).
Proof.
  intros [Hd He Hv] Hg. unfold demonstrator_next.
  apply (chain_follows _ machines_of); [exact demonstrator_unit_positive| | |exact Hg].
  - intros s _. unfold demo_kernel, demonstrator_numerator.
    change (demo M h (act s)) with (over (mass (demo_machine X) (state_after (demo_machine X) h) (act s))
      (mass_unit X)).
    change (env M h (act s) (obs s)) with
      (over (chance X (state_after (environment X) h) (act s) (obs s)) (chance_unit X)).
    rewrite Hd, He. destruct (queried s); [apply over_mult2|]. unfold over, Rdiv. simpl. ring.
  - intros s _. split; simpl; [rewrite Hd|rewrite He|rewrite Hv; apply events_move]; reflexivity.
Qed.

(** * The quantities *)

Theorem expect_imitator T g f : (forall h x, represents h x -> g h = f x) ->
  E_i M T g = value (imitator_law X T) f / IZR (imitator_unit X) ^ T.
Proof.
  intros Hg. unfold E_i, imitator_law.
  eapply (expect_law_at compare_states compare_states_eq (imitator_next X) (imitator_unit X)
    imitator_unit_positive M (imitator_kernel M) represents imitator_follows).
  - apply start_represents.
  - exact Hg.
Qed.

Theorem expect_imitator_path T g f c : c <> 0 ->
  (forall h x, represents h x -> g h = IZR (f x) / c) ->
  E_i M T (path_sum g)
  = IZR (path_total (imitator_unit X) (imitator_laws X T) f) / (IZR (imitator_unit X) ^ T * c).
Proof.
  intros Hc Hg. unfold E_i, imitator_laws.
  rewrite (expect_path_sum M _ _ (imitator_stochastic_always M WF)) by exact I.
  apply (expect_path_law compare_states compare_states_eq (imitator_next X) (imitator_unit X)
    imitator_unit_positive M (imitator_kernel M) represents imitator_follows); auto.
  apply start_represents.
Qed.

Theorem expect_demonstrator T g f : (forall h x, machines_of h x -> g h = f x) ->
  E_d M T g = value (demonstrator_law X T) f / IZR (demonstrator_unit X) ^ T.
Proof.
  intros Hg. unfold E_d, demonstrator_law.
  eapply (expect_law_at compare_states compare_states_eq (demonstrator_next X) (demonstrator_unit X)
    demonstrator_unit_positive M (demo_kernel M) machines_of demonstrator_follows).
  - split; reflexivity.
  - exact Hg.
Qed.

Lemma in_event_indicator k h x : (k < length (events X))%nat -> machines_of h x ->
  indicator (event_of (nth k (events X) (Machine 0 [])) h) = IZR (in_event X k x).
Proof.
  intros Hk [_ _ Hv]. unfold in_event, event_of. rewrite Hv.
  rewrite (nth_indep _ _ (state_after (Machine (E := bool) 0 []) h)) by (rewrite map_length; exact Hk).
  rewrite (map_nth (fun e => state_after e h)). unfold indicator. destruct (shown _ _ _); reflexivity.
Qed.
End Represents.
