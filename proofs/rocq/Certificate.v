(** What a certificate ends with: if the executable learner gives the claimed numbers, the
    real-valued quantities are these numbers. *)
From Coq Require Import Reals List Bool Arith ZArith QArith Qreals Lra Lia.
From ExactCBIL Require Import Sums Learner Law Machines Propagation Rational Bridge Outcome.
Import ListNotations.
Open Scope R_scope.

Definition no_step : step_outcome := StepOutcome 0 0 0 None 0.

(** The claim that the quantities of model [X] at horizon [T] are those of [c]. *)
Record holds (X : rational_model) (T : nat) (c : outcome) : Prop := {
  model_well_formed : well_formed (model_of X);
  query_cubes_hold :
    E_i (model_of X) T (path_sum (fun h => theta (model_of X) h ^ 3)) = Q2R (query_cubes c);
  queries_hold : E_i (model_of X) T (path_sum (theta (model_of X))) = Q2R (queries c);
  exclusion_holds : match exclusion c with
    | Some q => exists d, demonstrator X = inl d /\ realizable (model_of X) d /\
        E_i (model_of X) T (fun h => indicator (outside_before X d h)) = Q2R q
    | None => exists m, demonstrator X = inr m
    end;
  events_listed : length (event_chances c) = length (events X);
  events_hold : forall k, (k < length (events X))%nat ->
    E_d (model_of X) T (fun h => indicator (event X k h)) = Q2R (fst (nth k (event_chances c) (0, 0)%Q))
    /\ E_i (model_of X) T (fun h => indicator (event X k h))
       = Q2R (snd (nth k (event_chances c) (0, 0)%Q));
  steps_listed : length (steps_before c) = T;
  steps_hold : forall t, (t < T)%nat -> step_holds X t (nth t (steps_before c) no_step)
}.

Definition all_true (l : list bool) : bool := forallb (fun b => b) l.

Lemma all_true_cons b l : all_true (b :: l) = true -> b = true /\ all_true l = true.
Proof. apply andb_prop. Qed.

Lemma all_true_app l k : all_true (l ++ k) = true -> all_true l = true /\ all_true k = true.
Proof. unfold all_true. rewrite forallb_app. apply andb_prop. Qed.

Lemma same_lists_nth {Y} (same : Y -> Y -> list bool) l k :
  all_true (same_lists same l k) = true ->
  length l = length k /\ forall i d e, (i < length l)%nat -> all_true (same (nth i l d) (nth i k e)) = true.
Proof.
  revert k. induction l as [|x l IH]; intros [|y k] H; try discriminate; simpl.
  - split; [reflexivity|]. intros; lia.
  - apply all_true_app in H. destruct H as [H1 H2]. destruct (IH k H2) as [Hl Hn].
    split; [congruence|]. intros [|i] d e Hi; [exact H1|]. apply Hn. lia.
Qed.

Lemma Qeq_bool_R a b : Qeq_bool a b = true -> Q2R a = Q2R b.
Proof. intros H. apply Qeq_eqR, Qeq_bool_eq, H. Qed.

Lemma same_step_holds X t a b :
  all_true (same_step a b) = true -> step_holds X t a -> step_holds X t b.
Proof.
  intros H (H1 & H2 & H3 & H4 & H5).
  repeat (apply all_true_cons in H; destruct H as [? H]).
  repeat match goal with E : Qeq_bool _ _ = true |- _ => apply Qeq_bool_R in E end.
  unfold step_holds. split; [congruence|]. split; [congruence|]. split; [congruence|].
  split; [|congruence]. intros d q Ed Eq.
  match goal with E : same_option _ _ = true |- _ => rewrite Eq in E; rename E into Es end.
  destruct (demonstrator_weight a) as [q'|] eqn:Ea; [|discriminate].
  rewrite (H4 d q' Ed eq_refl). apply Qeq_bool_R, Es.
Qed.

Theorem certified X T c : agrees_with X T c = true -> holds X T c.
Proof.
  intros H. apply andb_prop in H. destruct H as [ok H]. unfold verdicts in H.
  apply all_true_cons in H. destruct H as [H1 H]. apply all_true_cons in H. destruct H as [H2 H].
  apply all_true_cons in H. destruct H as [H3 H]. apply all_true_app in H. destruct H as [H4 H5].
  apply same_lists_nth in H4. destruct H4 as [L4 H4].
  apply same_lists_nth in H5. destruct H5 as [L5 H5].
  assert (N4 : length (event_chances (outcome_of X T)) = length (events X))
    by (unfold outcome_of; cbn [event_chances]; rewrite map_length; apply seq_length).
  assert (N5 : length (steps_before (outcome_of X T)) = T)
    by (unfold outcome_of; cbn [steps_before]; rewrite map_length; apply seq_length).
  split.
  - apply checked_well_formed, ok.
  - rewrite (bridge_query_cubes X ok T). apply Qeq_bool_R, H1.
  - rewrite (bridge_queries X ok T). apply Qeq_bool_R, H2.
  - destruct (demonstrator X) as [d|m] eqn:E.
    + destruct (bridge_exclusion X ok T d E) as (q & Eq & Hq). rewrite Eq in H3.
      destruct (exclusion c) as [q'|]; [|discriminate]. exists d. split; [reflexivity|].
      split; [apply checked_realizable; assumption|]. rewrite Hq. apply Qeq_bool_R, H3.
    + unfold outcome_of in H3. cbn [exclusion] in H3. rewrite E in H3.
      destruct (exclusion c); [discriminate|]. exists m. reflexivity.
  - congruence.
  - intros k Hk. specialize (H4 k (0, 0)%Q (0, 0)%Q). rewrite N4 in H4. specialize (H4 Hk).
    apply all_true_cons in H4. destruct H4 as [Ha H4]. apply all_true_cons in H4. destruct H4 as [Hb _].
    rewrite (bridge_event_demonstrator X T k Hk), (bridge_event_imitator X ok T k Hk).
    split; apply Qeq_bool_R; assumption.
  - congruence.
  - intros t Ht. specialize (H5 t (step_outcome_at X t [] []) no_step). rewrite N5 in H5.
    exact (same_step_holds X t _ _ (H5 Ht) (bridge_step X ok T t Ht)).
Qed.
