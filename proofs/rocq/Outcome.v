(** The bridge: what the executable learner prints are the real-valued quantities of the theorems. *)
From Coq Require Import Reals List Bool Arith ZArith QArith Qreals Lra Lia.
From ExactCBIL Require Import Sums Learner Law Machines Propagation Rational Bridge.
Import ListNotations.
Open Scope R_scope.

(** * Fractions *)

Lemma Q2R_fraction n d : (0 < d)%Z -> Q2R (fraction n d) = IZR n / IZR d.
Proof. intros H. unfold Q2R, fraction. simpl. rewrite Z2Pos.id by exact H. reflexivity. Qed.

Lemma Q2R_fraction_1 n d : Q2R (fraction n d) = IZR n * Q2R (fraction 1 d).
Proof. unfold Q2R, fraction. simpl. ring. Qed.

Lemma pow_positive (z : Z) n : (0 < z)%Z -> (0 < z ^ Z.of_nat n)%Z.
Proof. intros H. apply Z.pow_pos_nonneg; lia. Qed.

Lemma IZR_pow z n : IZR (z ^ Z.of_nat n) = IZR z ^ n.
Proof. symmetry. apply pow_IZR. Qed.

Lemma nth_map_seq {Y} (f : nat -> Y) n k default :
  (k < n)%nat -> nth k (map f (seq 0 n)) default = f k.
Proof.
  intros H. rewrite (nth_indep _ _ (f 0%nat)) by (rewrite map_length, seq_length; exact H).
  rewrite map_nth, seq_nth by exact H. reflexivity.
Qed.

(** * Laws of functions of the state *)

Section Image.
Context {X Y : Type}.
Variable compare : Y -> Y -> comparison.
Hypothesis compare_eq : forall x y, compare x y = Eq -> x = y.

Lemma value_image (f : X -> Y) (l : law X) g : value (image compare f l) g = value l (fun x => g (f x)).
Proof. unfold image. rewrite (value_merge compare compare_eq). unfold value. apply Sum_map. Qed.

Lemma total_image (f : X -> Y) (l : law X) g : total (image compare f l) g = total l (fun x => g (f x)).
Proof. apply eq_IZR. rewrite <- !value_total, value_image. reflexivity. Qed.

Lemma path_total_image unit (f : X -> Y) (laws : list (law X)) g :
  path_total unit (map (image compare f) laws) g = path_total unit laws (fun x => g (f x)).
Proof. induction laws as [|l r IH]; simpl; [reflexivity|]. rewrite total_image, map_length, IH. reflexivity. Qed.
End Image.

Section Laws.
Context {X : Type}.
Variable compare : X -> X -> comparison.
Variable next : X -> law X.

Lemma firstn_laws T l : firstn T (laws_before compare next (S T) l) = laws_before compare next T l.
Proof.
  revert l. induction T as [|T IH]; intros l; [reflexivity|].
  exact (f_equal (cons l) (IH (advance compare next l))).
Qed.

Lemma nth_laws N t l : (t < N)%nat ->
  nth t (laws_before compare next N l) [] = law_at compare next t l.
Proof.
  revert t l. induction N as [|N IH]; intros t l H; [lia|]. destruct t as [|t]; [reflexivity|].
  apply (IH t (advance compare next l)). lia.
Qed.
End Laws.

Section Bridge.
Variable X : rational_model.
Hypothesis ok : checked X = true.
Local Notation M := (model_of X).
Local Notation unit := (imitator_unit X).

Lemma unit_pow_positive T : (0 < unit ^ Z.of_nat T)%Z.
Proof. apply pow_positive, imitator_unit_positive. Qed.

Lemma unit_pow_neq T : IZR unit ^ T <> 0.
Proof. rewrite <- IZR_pow. apply not_0_IZR. pose proof (unit_pow_positive T). lia. Qed.

Lemma mass_pow_neq k : IZR (Zpos (mass_unit X)) ^ k <> 0.
Proof. apply pow_nonzero. pose proof (unit_pos (mass_unit X)). lra. Qed.

Lemma last_law T : nth T (imitator_laws X (S T)) [] = imitator_law X T.
Proof. apply nth_laws. lia. Qed.

Lemma earlier_law T t : (t < T)%nat -> nth t (firstn T (imitator_laws X (S T))) [] = imitator_law X t.
Proof. intros H. unfold imitator_laws. rewrite firstn_laws. apply nth_laws, H. Qed.

Lemma power_theta k h x : represents X h x ->
  theta M h ^ k = IZR (power (Z.of_nat k) (profile X x)) / IZR (Zpos (mass_unit X)) ^ k.
Proof.
  intros H. rewrite <- (ztheta_theta X ok h _ (represents_belief _ _ _ H)).
  unfold power, profile, over. simpl fst. rewrite IZR_pow. unfold Rdiv.
  rewrite Rpow_mult_distr, pow_inv. reflexivity.
Qed.

Lemma Q2R_moment n T k :
  Q2R (fraction n (unit ^ Z.of_nat T * Zpos (mass_unit X) ^ Z.of_nat k))
  = IZR n / (IZR unit ^ T * IZR (Zpos (mass_unit X)) ^ k).
Proof.
  rewrite Q2R_fraction, mult_IZR, !IZR_pow; [reflexivity|].
  apply Z.mul_pos_pos; [apply unit_pow_positive|apply pow_positive; reflexivity].
Qed.

(** [E sum_{t<T} theta^k], the query cubes at [k = 3] and the queries at [k = 1]. *)
Lemma bridge_path_moment T k :
  E_i M T (path_sum (fun h => theta M h ^ k))
  = Q2R (fraction (path_total unit (map (profiles X) (firstn T (imitator_laws X (S T))))
      (power (Z.of_nat k))) (unit ^ Z.of_nat T * Zpos (mass_unit X) ^ Z.of_nat k)).
Proof.
  rewrite Q2R_moment. unfold profiles. rewrite (path_total_image _ compare_weights_eq).
  unfold imitator_laws. rewrite firstn_laws.
  apply (expect_imitator_path X ok); [apply mass_pow_neq|]. intros h x H. apply power_theta, H.
Qed.

Theorem bridge_query_cubes T :
  E_i M T (path_sum (fun h => theta M h ^ 3)) = Q2R (query_cubes (outcome_of X T)).
Proof. exact (bridge_path_moment T 3). Qed.

Theorem bridge_queries T : E_i M T (path_sum (theta M)) = Q2R (queries (outcome_of X T)).
Proof.
  etransitivity; [|exact (bridge_path_moment T 1)]. unfold E_i. apply expect_ext. intros h.
  induction h as [|s h IH]; cbn [path_sum]; [reflexivity|]. rewrite IH. ring.
Qed.

(** An expectation of a function with integer values on the states. *)
Lemma bridge_integer T g f : (forall h x, represents X h x -> g h = IZR (f x)) ->
  E_i M T g = Q2R (fraction (total (imitator_law X T) f) (unit ^ Z.of_nat T)).
Proof.
  intros H. rewrite Q2R_fraction, IZR_pow, <- value_total by apply unit_pow_positive.
  apply (expect_imitator X ok), H.
Qed.

(** [P_i(pi_d outside Top(h_t) for some t < T)]. *)
Definition outside_before (d : nat) (h : nhistory) : bool :=
  ever_before (fun h' => negb (in_top M d h')) h.

Theorem bridge_exclusion T d : demonstrator X = inl d ->
  exists q, exclusion (outcome_of X T) = Some q /\
    E_i M T (fun h => indicator (outside_before d h)) = Q2R q.
Proof.
  intros E. unfold outcome_of. cbn [exclusion]. rewrite E. eexists. split; [reflexivity|].
  rewrite last_law. apply bridge_integer. intros h x H. unfold has_left.
  rewrite (represents_left _ _ _ H). unfold outside_before, indicator.
  replace (ever_before (gone X) h) with (ever_before (fun h' => negb (in_top M d h')) h).
  - destruct (ever_before _ h); reflexivity.
  - unfold gone. rewrite E. reflexivity.
Qed.

Definition event (k : nat) (h : nhistory) : bool := event_of (nth k (events X) (Machine 0 [])) h.

Theorem bridge_event_imitator T k : (k < length (events X))%nat ->
  E_i M T (fun h => indicator (event k h))
  = Q2R (snd (nth k (event_chances (outcome_of X T)) (0, 0)%Q)).
Proof.
  intros Hk. unfold outcome_of. cbn [event_chances].
  rewrite nth_map_seq by exact Hk. cbn [snd]. rewrite last_law.
  apply bridge_integer. intros h x H.
  apply (in_event_indicator X k h x Hk (represents_machines _ _ _ H)).
Qed.

Theorem bridge_event_demonstrator T k : (k < length (events X))%nat ->
  E_d M T (fun h => indicator (event k h))
  = Q2R (fst (nth k (event_chances (outcome_of X T)) (0, 0)%Q)).
Proof.
  intros Hk. unfold outcome_of. cbn [event_chances].
  rewrite nth_map_seq by exact Hk. cbn [fst].
  rewrite Q2R_fraction, IZR_pow, <- value_total by apply pow_positive, demonstrator_unit_positive.
  apply expect_demonstrator. intros h x H. apply in_event_indicator; assumption.
Qed.

(** * The expectations at one time *)

Lemma bridge_moment t k :
  E_i M t (fun h => theta M h ^ k)
  = Q2R (fraction (total (profiles X (imitator_law X t)) (power (Z.of_nat k)))
      (unit ^ Z.of_nat t * Zpos (mass_unit X) ^ Z.of_nat k)).
Proof.
  rewrite Q2R_moment. unfold profiles. rewrite (total_image _ compare_weights_eq).
  etransitivity; [exact (expect_imitator X ok t _ _ (power_theta k))|]. unfold Rdiv.
  rewrite (value_scal_r _ (fun x => IZR (power (Z.of_nat k) (profile X x)))), value_total.
  field. split; [apply mass_pow_neq|apply unit_pow_neq].
Qed.

Lemma bridge_top_size t :
  E_i M t (fun h => INR (length (top M h)))
  = Q2R (fraction (total (profiles X (imitator_law X t)) size_of) (unit ^ Z.of_nat t)).
Proof.
  unfold profiles. rewrite (total_image _ compare_weights_eq). apply bridge_integer.
  intros h x H. unfold size_of, profile. simpl.
  rewrite <- (ztop_top X ok h _ (represents_belief _ _ _ H)). apply INR_IZR_INZ.
Qed.

Lemma weight_mean_value d l :
  Q2R (weight_mean d l)
  = value l (fun x => IZR (weight_in (belief x) d) * Q2R (fraction 1 (weight_total (belief x)))).
Proof.
  assert (E : Q2R (weight_mean d l) = value (shares d l) (fun z => Q2R (fraction 1 z))).
  { unfold weight_mean, value. induction (shares d l) as [|e r IH]; cbn [fold_right Sum]; [unfold Q2R; simpl; lra|].
    rewrite Q2R_plus, IH, Q2R_fraction_1. reflexivity. }
  rewrite E. unfold shares. rewrite (value_merge Z.compare Z.compare_eq). unfold value.
  rewrite Sum_map. apply Sum_ext. intros [x n] _. cbn [fst snd]. rewrite mult_IZR. ring.
Qed.

Lemma weight_posterior h bs d : belief_of X h bs -> (d < size M)%nat ->
  posterior M d h = IZR (weight_in bs d) * Q2R (fraction 1 (weight_total bs)).
Proof.
  intros [Hl (c & Hc & Hw) _] Hd. pose proof (checked_well_formed X ok) as WF.
  assert (Et : total_weight M h = c * IZR (weight_total bs)).
  { unfold total_weight, weight_total. rewrite <- Sum_zsum, <- Sum_scal, map_length, Hl.
    apply Sum_ext. intros i Hi. apply in_seq in Hi. rewrite (Hw i) by (simpl; lia). f_equal. f_equal.
    unfold weight_in, entry. symmetry. exact (map_nth fst bs (0%Z, 0%nat) i). }
  pose proof (weight_le_total M WF d h Hd) as Hle. pose proof (weight_nonneg M WF d h Hd) as Hn.
  unfold posterior. destruct (Z.eq_dec (weight_total bs) 0) as [E|E].
  - rewrite Et, E in Hle. assert (weight M d h = 0) as Z by lra. rewrite Z. rewrite (Hw d Hd) in Z.
    apply Rmult_integral in Z. destruct Z as [Z|Z]; [lra|]. rewrite Z. unfold Rdiv. ring.
  - assert (Hpos : (0 < weight_total bs)%Z).
    { pose proof (total_weight_nonneg M WF h) as H0. rewrite Et in H0.
      assert (0 <= IZR (weight_total bs)) as H1 by nra. apply le_IZR in H1. lia. }
    rewrite Q2R_fraction, Et, (Hw d Hd) by exact Hpos. apply (IZR_lt 0) in Hpos. field. lra.
Qed.

Lemma bridge_weight t d : (d < size M)%nat ->
  E_i M t (posterior M d)
  = Q2R (weight_mean d (imitator_law X t) * fraction 1 (unit ^ Z.of_nat t))%Q.
Proof.
  intros Hd. rewrite Q2R_mult, weight_mean_value, Q2R_fraction, IZR_pow by apply unit_pow_positive.
  etransitivity; [exact (expect_imitator X ok t _ _
    (fun h x H => weight_posterior h _ d (represents_belief _ _ _ H) Hd))|].
  field. apply unit_pow_neq.
Qed.

(** What is said of a step, by an outcome or by a claim. *)

Definition step_holds (t : nat) (s : step_outcome) : Prop :=
  E_i M t (theta M) = Q2R (theta1 s)
  /\ E_i M t (fun h => theta M h ^ 2) = Q2R (theta2 s)
  /\ E_i M t (fun h => theta M h ^ 3) = Q2R (theta3 s)
  /\ (forall d q, demonstrator X = inl d -> demonstrator_weight s = Some q ->
      E_i M t (posterior M d) = Q2R q)
  /\ E_i M t (fun h => INR (length (top M h))) = Q2R (top_size s).

Theorem bridge_step T t : (t < T)%nat ->
  step_holds t (nth t (steps_before (outcome_of X T))
    (step_outcome_at X t [] [])).
Proof.
  intros H. unfold outcome_of. cbn [steps_before].
  set (laws := firstn T (imitator_laws X (S T))).
  rewrite nth_map_seq by exact H.
  change (@nil (Z * nat * Z)) with (profiles X []). rewrite map_nth. unfold laws.
  rewrite earlier_law by exact H. unfold step_holds, step_outcome_at.
  cbn [theta1 theta2 theta3 demonstrator_weight top_size]. split; [|split; [|split; [|split]]].
  - etransitivity; [|exact (bridge_moment t 1)]. unfold E_i. apply expect_ext. intros h. ring.
  - exact (bridge_moment t 2).
  - exact (bridge_moment t 3).
  - intros d q E Eq. rewrite E in Eq. injection Eq as <-. apply bridge_weight.
    apply (demo_index _ _ (checked_realizable X d ok E)).
  - exact (bridge_top_size t).
Qed.
End Bridge.
