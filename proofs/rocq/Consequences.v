(** The certified numbers are those that the theorems are about: R2 holds of every checked model, the
    events and the exclusion are those of T3 and T5, and so the bounds hold of the certified numbers. *)
From Coq Require Import Reals List Bool Arith ZArith QArith Qreals Lra Lia.
From ExactCBIL Require Import Sums Learner Law QueryCubes QueryCount Retention Divergence Events.
From ExactCBIL Require Import Machines Rational Bridge Outcome Certificate.
Import ListNotations.
Open Scope R_scope.

Definition unstrip (x : list (nat * nat)) : nhistory := map (fun p => Step true (fst p) (snd p)) x.

Lemma hide_strip (h : nhistory) : map hide h = unstrip (strip h).
Proof. unfold unstrip, strip. rewrite map_map. reflexivity. Qed.

Section Checked.
Variable X : rational_model.
Hypothesis ok : checked X = true.
Local Notation M := (model_of X).

(** R2. *)
Theorem checked_query_blind : query_blind M.
Proof.
  split.
  - intros h h' a E. destruct (checked_blind X h ok) as (H & _). destruct (checked_blind X h' ok) as (H' & _).
    rewrite <- H, <- H', !hide_strip, E. reflexivity.
  - intros h h' a o E. destruct (checked_blind X h ok) as (_ & H & _).
    destruct (checked_blind X h' ok) as (_ & H' & _).
    rewrite <- H, <- H', !hide_strip, E. reflexivity.
Qed.

(** An event of the file as a set of action-observation sequences. *)
Definition sequence_event (k : nat) (x : list (nat * nat)) : bool := event X k (unstrip x).

Lemma event_sequence k h : (k < length (events X))%nat -> event X k h = sequence_event k (strip h).
Proof.
  intros Hk. destruct (checked_blind X h ok) as (_ & _ & H). unfold sequence_event, event.
  rewrite <- hide_strip, H; [reflexivity|]. apply nth_In, Hk.
Qed.

Theorem event_imitator T k : (k < length (events X))%nat ->
  E_i M T (fun h => indicator (event X k h)) = P_i_event M T (sequence_event k).
Proof. intros Hk. apply expect_ext. intros h. rewrite event_sequence by exact Hk. reflexivity. Qed.

Theorem event_demonstrator T k : (k < length (events X))%nat ->
  E_d M T (fun h => indicator (event X k h)) = P_d_event M T (sequence_event k).
Proof. intros Hk. apply expect_ext. intros h. rewrite event_sequence by exact Hk. reflexivity. Qed.

(** The file's exclusion, with [t < T], is T3's at [T - 1]. *)
Theorem exclusion_before T d :
  E_i M (S T) (fun h => indicator (outside_before X d h)) = Statements.exclusion M d T.
Proof.
  unfold E_i, Statements.exclusion. rewrite expect_last. apply expect_ext. intros h.
  change (∑ s ∈ steps M, imitator_kernel M h s * indicator (ever (out M d) h)
          = indicator (ever (out M d) h)).
  rewrite (Sum_scal_r (steps M) (indicator (ever (out M d) h)) (imitator_kernel M h)).
  rewrite (imitator_kernel_total M (checked_well_formed X ok) h : Sum (steps M) (imitator_kernel M h) = 1).
  ring.
Qed.
End Checked.

(** * What the theorems say of certified numbers *)

Section Certified.
Variables (X : rational_model) (T : nat) (c : outcome) (d : nat).
Hypothesis ok : checked X = true.
Hypothesis H : holds X T c.
Hypothesis E : demonstrator X = inl d.
Local Notation M := (model_of X).
Let WF : well_formed M := model_well_formed X T c H.
Let Re : realizable M d := checked_realizable X d ok E.

Theorem certified_T1 : Q2R (query_cubes c) <= S_bound M d.
Proof. rewrite <- (query_cubes_hold X T c H). apply (T1_query_cubes M WF d Re). Qed.

Theorem certified_T1a : Q2R (query_cubes c) <= S_lin M d.
Proof. rewrite <- (query_cubes_hold X T c H). apply (T1a_S_lin M WF d Re). Qed.

Theorem certified_T2 : Q2R (Rational.queries c) ^ 3 <= INR T ^ 2 * S_bound M d.
Proof.
  rewrite <- (queries_hold X T c H), <- (expected_queries M WF). apply (T2_query_count M WF d Re).
Qed.

Theorem certified_T3 q : alpha M < 1 -> (0 < T)%nat -> Rational.exclusion c = Some q ->
  Q2R q <= (1 / prior M d - 1) / (1 / alpha M - 1).
Proof.
  intros Ha HT Eq. pose proof (exclusion_holds X T c H) as Hq. rewrite Eq in Hq.
  destruct Hq as (d' & E' & _ & <-). rewrite E in E'. injection E' as <-.
  destruct T as [|T']; [lia|]. rewrite (exclusion_before X ok).
  apply (T3_retention M WF d Re), Ha.
Qed.

Theorem certified_T5 k : alpha M < 1 -> (k < length (events X))%nat ->
  let (y, x) := nth k (event_chances c) (0, 0)%Q in
  0 < Q2R y < 1 ->
  Q2R x <= (1 / prior M d - 1) / (1 / alpha M - 1)
           + (sqrt (INR T * S_bound M d) + ln 2) / ln (1 / Q2R y).
Proof.
  intros Ha Hk. destruct (events_hold X T c H k Hk) as [Hd Hi].
  destruct (nth k (event_chances c) (0, 0)%Q) as [y x]. cbn [fst snd] in *. rewrite <- Hd, <- Hi.
  rewrite (event_imitator X ok) by exact Hk. rewrite (event_demonstrator X ok) by exact Hk.
  apply (T5_imitator M d WF Re (checked_query_blind X ok)); exact Ha.
Qed.
End Certified.
