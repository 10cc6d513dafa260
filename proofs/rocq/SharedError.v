(** W3: realizability is needed. If all policies of the class share an error that the demonstrator,
    outside the class, never makes, the imitator makes it without asking. *)
From Coq Require Import Reals List Bool Arith Lra Lia.
From ExactCBIL Require Import Sums Learner Law Divergence Marginal Events.
Import ListNotations.
Open Scope R_scope.

Section W3.
Variable n : nat.
Variable weights : nat -> R.
Variable alpha0 : R.
Hypothesis inhabited : (0 < n)%nat.
Hypothesis weights_pos : forall i, (i < n)%nat -> 0 < weights i.
Hypothesis weights_total : ∑ i ∈ (seq 0 n), weights i <= 1.
Hypothesis alpha0_range : 0 < alpha0 <= 1.

(** [true] is the error. After a first step the members do what they like. *)
Variable later : nat -> policy bool unit.
Hypothesis later_semimeasure : forall i h, semimeasure [false; true] (later i h).

Definition erring (i : nat) (h : history bool unit) (a : bool) : R :=
  match h with [] => if a then 1 else 0 | _ => later i h a end.
Definition never_erring (h : history bool unit) (a : bool) : R := if a then 0 else 1.

Definition shared_model : model bool unit :=
  {| actions := [false; true]; observations := [tt]; size := n; prior := weights;
     member := erring; demo := never_erring; env := fun _ _ _ => 1; alpha := alpha0 |}.

(** The event "the error is made". *)
Definition ever_errs (x : list (bool * unit)) : bool := existsb fst x.

Theorem W3_well_formed : well_formed shared_model.
Proof.
  split; simpl; auto.
  - intros i [|s h] _; [split; [intros []; simpl; lra|simpl; lra]|apply later_semimeasure].
  - intros h. split; [intros []; simpl; lra|simpl; lra].
  - intros h a. split; [intros; lra|simpl; lra].
Qed.

Theorem W3_not_realizable d : ~ realizable shared_model d.
Proof. intros [_ H]. specialize (H [] true). simpl in H. lra. Qed.

Lemma erring_minimum a : imitator shared_model [] a = if a then 1 else 0.
Proof.
  destruct (imitator_attained shared_model [] a) as (i & _ & ->); [|reflexivity].
  apply (top_nonempty shared_model W3_well_formed 0); [exact inhabited|].
  unfold weight. simpl. rewrite Rmult_1_r. apply weights_pos, inhabited.
Qed.

(** It does not ask ... *)
Theorem W3_no_query : theta shared_model [] = 0.
Proof. unfold theta. simpl. rewrite !erring_minimum. ring. Qed.

(** ... the demonstrator never errs ... *)
Theorem W3_demonstrator T : P_d_event shared_model T ever_errs = 0.
Proof.
  unfold P_d_event, E_d.
  enough (forall h, ever_errs (strip h) = false ->
    expect shared_model (demo_kernel shared_model) T h (fun g => indicator (ever_errs (strip g))) = 0) as H
    by (apply H; reflexivity).
  induction T as [|T IH]; intros h Hh; cbn [expect]; [rewrite Hh; reflexivity|].
  apply Sum_all_zero. intros [q [|] o] _.
  - unfold demo_kernel. simpl. destruct q; ring.
  - rewrite IH; [ring|exact Hh].
Qed.

(** ... and the imitator surely does. *)
Theorem W3_imitator T : P_i_event shared_model (S T) ever_errs = 1.
Proof.
  pose proof (imitator_stochastic_always _ W3_well_formed) as St.
  assert (K : forall h, ever_errs (strip h) = true ->
    expect shared_model (imitator_kernel shared_model) T h (fun g => indicator (ever_errs (strip g))) = 1).
  { clear -St. induction T as [|T IH]; intros h Hh; cbn [expect]; [rewrite Hh; reflexivity|].
    rewrite (Sum_ext _ _ (imitator_kernel shared_model h)).
    - apply (kernel_total _ _ _ St h I).
    - intros s _. rewrite IH; [ring|]. simpl. fold (strip h). rewrite Hh. apply orb_true_r. }
  unfold P_i_event, E_i. cbn [expect]. etransitivity; [|apply (kernel_total _ _ _ St [] I)].
  apply Sum_ext. intros [q [|] o] _; [rewrite K by reflexivity; ring|].
  assert (imitator_kernel shared_model [] (Step q false o) = 0) as ->; [|ring].
  unfold imitator_kernel. simpl act. rewrite W3_no_query, erring_minimum. destruct q; simpl; ring.
Qed.
End W3.
