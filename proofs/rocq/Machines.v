(** Models made of finite machines with rational numbers, as in the model file, and
    the real-valued model that each describes. Names are indices. Every table of numbers is a table
    of integers over one shared denominator, so that computing never reduces a fraction. *)
From Coq Require Import Reals List Bool Arith ZArith Lra Lia.
From ExactCBIL Require Import Sums Learner.
Import ListNotations.
Open Scope R_scope.

Notation nstep := (step nat nat).
Notation nhistory := (history nat nat).

(** Go to [target] on a step that has the named parts; [None] matches anything. *)
Record rule : Type := Rule {
  on_queried : option bool;
  on_action : option nat;
  on_observation : option nat;
  target : nat
}.

Definition agrees {X} (eqb : X -> X -> bool) (wanted : option X) (x : X) : bool :=
  match wanted with None => true | Some y => eqb y x end.

Definition matches (r : rule) (s : nstep) : bool :=
  agrees Bool.eqb (on_queried r) (queried s)
  && agrees Nat.eqb (on_action r) (act s)
  && agrees Nat.eqb (on_observation r) (obs s).

(** A Moore machine: state [x] shows the first part of row [x]; its rules are tried in order, and no
    match stays. *)
Record machine (E : Type) : Type := Machine { start : nat; rows : list (E * list rule) }.
Arguments Machine {E} _ _.
Arguments start {E} _.
Arguments rows {E} _.

Section Machine.
Context {E : Type}.
Implicit Types (m : machine E) (x : nat).

Definition move m x (s : nstep) : nat :=
  match nth_error (rows m) x with
  | None => x
  | Some (_, rules) =>
      match find (fun r => matches r s) rules with None => x | Some r => target r end
  end.

Definition shown (default : E) m x : E :=
  match nth_error (rows m) x with None => default | Some (e, _) => e end.

Fixpoint state_after m (h : nhistory) : nat :=
  match h with
  | [] => start m
  | s :: past => move m (state_after m past) s
  end.

(** What is checked of a machine: its start and targets exist, what it shows is good, and, when it
    must be [blind], no rule asks who acted (R2). *)
Definition good_rule (blind : bool) (n : nat) (r : rule) : bool :=
  (target r <? n)%nat && (negb blind || match on_queried r with None => true | Some _ => false end).

Definition good_machine (blind : bool) (good : E -> bool) m : bool :=
  (start m <? length (rows m))%nat
  && forallb (fun row => good (fst row) && forallb (good_rule blind (length (rows m))) (snd row))
       (rows m).

Lemma state_in_range blind good m h :
  good_machine blind good m = true -> (state_after m h < length (rows m))%nat.
Proof.
  unfold good_machine. intros H. apply andb_prop in H. destruct H as [Hs Hr].
  apply Nat.ltb_lt in Hs. rewrite forallb_forall in Hr.
  induction h as [|s past IH]; simpl; [exact Hs|]. unfold move.
  destruct (nth_error (rows m) (state_after m past)) as [[e rules]|] eqn:E1; [|exact IH].
  destruct (find _ rules) as [r|] eqn:E2; [|exact IH].
  apply find_some in E2. destruct E2 as [Hin _]. apply nth_error_In in E1. apply Hr in E1.
  apply andb_prop in E1. destruct E1 as [_ E1]. simpl in E1. rewrite forallb_forall in E1.
  apply E1 in Hin. apply andb_prop in Hin. apply Nat.ltb_lt. tauto.
Qed.

Lemma shown_good blind good default m h :
  good_machine blind good m = true -> good (shown default m (state_after m h)) = true.
Proof.
  intros H. pose proof (state_in_range _ _ m h H) as Hx. unfold shown.
  destruct (nth_error (rows m) (state_after m h)) as [[e rules]|] eqn:E1.
  - apply andb_prop in H. destruct H as [_ H]. rewrite forallb_forall in H.
    apply nth_error_In in E1. apply H in E1. apply andb_prop in E1. tauto.
  - apply nth_error_None in E1. lia.
Qed.

(** R2: a blind machine is in the same state after two histories that differ in [q] only. *)
Definition hide (s : nstep) : nstep := Step true (act s) (obs s).

Lemma blind_state good m h : good_machine true good m = true ->
  state_after m (map hide h) = state_after m h.
Proof.
  intros H. induction h as [|s past IH]; simpl; [reflexivity|]. rewrite IH. unfold move.
  destruct (nth_error (rows m) (state_after m past)) as [[e rules]|] eqn:E1; [|reflexivity].
  apply andb_prop in H. destruct H as [_ H]. rewrite forallb_forall in H.
  apply nth_error_In in E1. apply H in E1. apply andb_prop in E1. destruct E1 as [_ E1].
  simpl in E1. clear H IH. induction rules as [|r rules IH]; simpl; [reflexivity|]. simpl in E1.
  apply andb_prop in E1. destruct E1 as [Hr E1]. unfold good_rule in Hr. apply andb_prop in Hr.
  assert (matches r (hide s) = matches r s) as ->.
  { unfold matches. destruct (on_queried r); [destruct Hr; discriminate|reflexivity]. }
  destruct (matches r s); auto.
Qed.
End Machine.

(** * Models *)

Record rational_model : Type := RationalModel {
  action_count : nat;
  observation_count : nat;
  mass_unit : positive;    (* what policies show are integers over this *)
  chance_unit : positive;  (* what the environment shows, by action and observation *)
  prior_unit : positive;
  policies : list (machine (list Z));
  priors : list Z;
  demonstrator : nat + machine (list Z);  (* a policy of the class, or outside it *)
  environment : machine (list (list Z));
  alpha_numerator : Z;
  alpha_denominator : positive;
  events : list (machine bool)
}.

Definition zsum (l : list Z) : Z := fold_right Z.add 0%Z l.
Definition entry (l : list Z) (k : nat) : Z := nth k l 0%Z.
Definition over (n : Z) (d : positive) : R := IZR n / IZR (Zpos d).

Definition no_machine : machine (list Z) := Machine 0 [].

Section Interpretation.
Variable X : rational_model.

Definition policy_machine (i : nat) : machine (list Z) := nth i (policies X) no_machine.

Definition demo_machine : machine (list Z) :=
  match demonstrator X with inl d => policy_machine d | inr m => m end.

Definition mass (m : machine (list Z)) (x a : nat) : Z := entry (shown [] m x) a.

(** An action that is not listed is answered as the first one is; it never happens. *)
Definition chance (x a o : nat) : Z :=
  let table := shown [] (environment X) x in entry (nth a table (hd [] table)) o.

Definition policy_of (m : machine (list Z)) : policy nat nat :=
  fun h a => over (mass m (state_after m h) a) (mass_unit X).

Definition model_of : model nat nat := {|
  actions := seq 0 (action_count X);
  observations := seq 0 (observation_count X);
  size := length (policies X);
  prior := fun i => over (entry (priors X) i) (prior_unit X);
  member := fun i => policy_of (policy_machine i);
  demo := policy_of demo_machine;
  env := fun h a o => over (chance (state_after (environment X) h) a o) (chance_unit X);
  alpha := over (alpha_numerator X) (alpha_denominator X)
|}.

Definition event_of (e : machine bool) (h : nhistory) : bool := shown false e (state_after e h).

(** * The check *)

Definition good_masses (n : nat) (unit : positive) (exactly : bool) (l : list Z) : bool :=
  Nat.eqb (length l) n && forallb (Z.leb 0) l
  && (if exactly then Z.eqb (zsum l) (Zpos unit) else Z.leb (zsum l) (Zpos unit)).

Definition good_policy : machine (list Z) -> bool :=
  good_machine false (good_masses (action_count X) (mass_unit X) false).

Definition good_demonstrator : bool :=
  good_machine true (good_masses (action_count X) (mass_unit X) true) demo_machine
  && match demonstrator X with inl d => (d <? length (policies X))%nat | inr _ => true end.

Definition good_environment : bool :=
  good_machine true
    (fun table => Nat.eqb (length table) (action_count X)
       && forallb (good_masses (observation_count X) (chance_unit X) true) table)
    (environment X).

Definition good_event : machine bool -> bool := good_machine true (fun _ => true).

Definition checked : bool :=
  (0 <? action_count X)%nat
  && (0 <? alpha_numerator X)%Z && (alpha_numerator X <=? Zpos (alpha_denominator X))%Z
  && Nat.eqb (length (priors X)) (length (policies X))
  && forallb (Z.ltb 0) (priors X) && (zsum (priors X) <=? Zpos (prior_unit X))%Z
  && forallb good_policy (policies X) && good_demonstrator && good_environment
  && forallb good_event (events X).

(** * A checked model is well-formed *)

Lemma unit_pos (d : positive) : 0 < IZR (Zpos d).
Proof. apply (IZR_lt 0). reflexivity. Qed.

Lemma over_nonneg n d : (0 <= n)%Z -> 0 <= over n d.
Proof.
  intros H. apply Rmult_le_pos; [apply (IZR_le 0), H|]. left. apply Rinv_0_lt_compat, unit_pos.
Qed.

Lemma over_le_1 n d : (n <= Zpos d)%Z -> over n d <= 1.
Proof.
  intros H. apply (Rmult_le_reg_r (IZR (Zpos d))); [apply unit_pos|]. unfold over, Rdiv.
  rewrite Rmult_assoc, Rinv_l, Rmult_1_l, Rmult_1_r by (pose proof (unit_pos d); lra).
  apply IZR_le, H.
Qed.

Lemma over_unit d : over (Zpos d) d = 1.
Proof. unfold over. apply Rinv_r. pose proof (unit_pos d). lra. Qed.

Lemma Sum_zsum l : ∑ k ∈ (seq 0 (length l)), IZR (entry l k) = IZR (zsum l).
Proof.
  induction l as [|x r IH]; [reflexivity|].
  change (length (x :: r)) with (S (length r)).
  rewrite <- cons_seq, <- seq_shift. simpl Sum. rewrite Sum_map. simpl zsum.
  rewrite plus_IZR, <- IH. reflexivity.
Qed.

Lemma Sum_over n d l : length l = n -> ∑ k ∈ (seq 0 n), over (entry l k) d = over (zsum l) d.
Proof. intros <-. unfold over, Rdiv. rewrite Sum_scal_r, Sum_zsum. reflexivity. Qed.

Lemma entry_nonneg l k : forallb (Z.leb 0) l = true -> (0 <= entry l k)%Z.
Proof.
  intros H. rewrite forallb_forall in H. unfold entry.
  destruct (nth_in_or_default k l 0%Z) as [Hin| ->]; [|lia]. apply H in Hin. lia.
Qed.

Lemma good_masses_semimeasure n d b l : good_masses n d b l = true ->
  semimeasure (seq 0 n) (fun k => over (entry l k) d).
Proof.
  intros H. apply andb_prop in H. destruct H as [H Ht]. apply andb_prop in H. destruct H as [Hl Hp].
  apply Nat.eqb_eq in Hl. split.
  - intros k. apply over_nonneg, entry_nonneg, Hp.
  - rewrite Sum_over by exact Hl. apply over_le_1. destruct b; lia.
Qed.

Lemma good_masses_measure n d l : good_masses n d true l = true ->
  measure (seq 0 n) (fun k => over (entry l k) d).
Proof.
  intros H. pose proof (good_masses_semimeasure _ _ _ _ H) as [Hn _].
  apply andb_prop in H. destruct H as [H Ht]. apply andb_prop in H. destruct H as [Hl _].
  apply Nat.eqb_eq in Hl. apply Z.eqb_eq in Ht. split; [exact Hn|].
  rewrite Sum_over, Ht by exact Hl. apply over_unit.
Qed.

Ltac split_check H := repeat (apply andb_prop in H; destruct H as [H ?]).

Theorem checked_well_formed : checked = true -> well_formed model_of.
Proof.
  unfold checked. intros H. split_check H. apply Nat.ltb_lt in H.
  match goal with Hd : good_demonstrator = true |- _ => apply andb_prop in Hd; destruct Hd as [Hd _] end.
  match goal with Hl : Nat.eqb (length (priors X)) _ = true |- _ => apply Nat.eqb_eq in Hl end.
  split.
  - simpl. split; [|apply over_le_1; lia]. apply Rmult_lt_0_compat; [apply (IZR_lt 0); lia|].
    apply Rinv_0_lt_compat, unit_pos.
  - intros i Hi. simpl in *. apply Rmult_lt_0_compat; [|apply Rinv_0_lt_compat, unit_pos].
    apply (IZR_lt 0). match goal with Hp : forallb (Z.ltb 0) _ = true |- _ =>
      rewrite forallb_forall in Hp; apply Z.ltb_lt, Hp end. apply nth_In. lia.
  - simpl. rewrite Sum_over by assumption. apply over_le_1. lia.
  - intros i h Hi. simpl in *. eapply good_masses_semimeasure.
    apply (shown_good false (good_masses (action_count X) (mass_unit X) false)).
    match goal with Hp : forallb good_policy _ = true |- _ =>
      rewrite forallb_forall in Hp; apply Hp end. apply nth_In, Hi.
  - intros h. simpl. apply good_masses_measure.
    apply (shown_good true (good_masses (action_count X) (mass_unit X) true)). assumption.
  - intros h a. simpl. apply good_masses_measure. assert (good_environment = true) as He by assumption.
    apply (shown_good _ _ [] _ h), andb_prop in He. destruct He as [Hl2 He].
    apply Nat.eqb_eq in Hl2. rewrite forallb_forall in He. apply He.
    destruct (shown [] (environment X) (state_after (environment X) h)) as [|r0 r]; [simpl in Hl2; lia|].
    simpl hd. destruct (nth_in_or_default a (r0 :: r) r0) as [Hin| ->]; [exact Hin|left; reflexivity].
Qed.

(** R2: what the demonstrator does, what the environment shows, and what belongs to an event do not
    depend on who acted. *)
Theorem checked_blind h : checked = true ->
  (forall a, demo model_of (map hide h) a = demo model_of h a)
  /\ (forall a o, env model_of (map hide h) a o = env model_of h a o)
  /\ (forall e, In e (events X) -> event_of e (map hide h) = event_of e h).
Proof.
  unfold checked. intros H. split_check H.
  match goal with Hd : good_demonstrator = true |- _ => apply andb_prop in Hd; destruct Hd as [Hd _] end.
  repeat split; intros; simpl; unfold policy_of, event_of; erewrite blind_state; try reflexivity;
    try eassumption.
  match goal with He : forallb good_event _ = true |- _ => rewrite forallb_forall in He; apply He end.
  assumption.
Qed.

Theorem checked_realizable d :
  checked = true -> demonstrator X = inl d -> realizable model_of d.
Proof.
  unfold checked. intros H E. split_check H. split.
  - simpl. match goal with Hd : good_demonstrator = true |- _ =>
      unfold good_demonstrator in Hd; rewrite E in Hd; apply andb_prop in Hd;
      destruct Hd as [_ Hd]; apply Nat.ltb_lt, Hd end.
  - intros h a. simpl. unfold demo_machine. rewrite E. reflexivity.
Qed.
End Interpretation.
