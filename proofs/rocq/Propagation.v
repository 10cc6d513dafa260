(** Expectations by forward propagation over merged states. A *law* is a list of states with integer
    masses over a common denominator; [unit] is the denominator of one step. *)
From Coq Require Import Reals List Bool Arith ZArith Lra Lia.
From ExactCBIL Require Import Sums Learner Law.
Import ListNotations.
Open Scope R_scope.

Definition law (X : Type) : Type := list (X * Z).

Section Merge.
Context {X : Type}.
Variable compare : X -> X -> comparison.
Hypothesis compare_eq : forall x y, compare x y = Eq -> x = y.

(** Add two laws as sorted lists, joining equal states. Whatever their order, nothing is lost. *)
Fixpoint plus (l1 : law X) : law X -> law X :=
  fix plus2 (l2 : law X) : law X :=
    match l1, l2 with
    | [], _ => l2
    | _, [] => l1
    | (x, n) :: r1, (y, k) :: r2 =>
        match compare x y with
        | Eq => (x, (n + k)%Z) :: plus r1 r2
        | Lt => (x, n) :: plus r1 l2
        | Gt => (y, k) :: plus2 r2
        end
    end.

(** A stack whose [i]-th place holds the sum of [2^i] laws, as in a binary counter. *)
Fixpoint push (l : law X) (stack : list (option (law X))) : list (option (law X)) :=
  match stack with
  | [] => [Some l]
  | None :: r => Some l :: r
  | Some k :: r => None :: push (plus k l) r
  end.

Definition unstack (stack : list (option (law X))) : law X :=
  fold_right (fun o l => match o with None => l | Some k => plus k l end) [] stack.

Definition merge (l : law X) : law X :=
  unstack (fold_left (fun stack e => push [e] stack) l []).

(** Total of [f] under a law. *)
Definition value (l : law X) (f : X -> R) : R := ∑ e ∈ l, IZR (snd e) * f (fst e).

Lemma value_app l1 l2 f : value (l1 ++ l2) f = value l1 f + value l2 f.
Proof. apply Sum_app. Qed.

Lemma value_plus l1 l2 f : value (plus l1 l2) f = value l1 f + value l2 f.
Proof.
  unfold value. revert l2. induction l1 as [|[x n] r1 IH1]; intros l2.
  - destruct l2; simpl; lra.
  - induction l2 as [|[y k] r2 IH2]; [simpl; lra|]. simpl in *. destruct (compare x y) eqn:E.
    + apply compare_eq in E. subst y. simpl. rewrite IH1, plus_IZR. ring.
    + simpl. rewrite IH1. simpl. ring.
    + simpl. rewrite IH2. ring.
Qed.

Lemma value_push l stack f :
  value (unstack (push l stack)) f = value l f + value (unstack stack) f.
Proof.
  revert l. induction stack as [|[k|] r IH]; intros l; simpl.
  - rewrite value_plus. reflexivity.
  - rewrite IH, !value_plus. ring.
  - apply value_plus.
Qed.

Lemma value_merge l f : value (merge l) f = value l f.
Proof.
  unfold merge. rewrite <- (Rplus_0_r (value l f)). change 0 with (value (unstack []) f) at 1.
  generalize (@nil (option (law X))) as stack.
  induction l as [|e r IH]; intros stack; simpl.
  - unfold value at 2. simpl. ring.
  - rewrite IH, value_push. unfold value. simpl. ring.
Qed.

(** * Propagation *)

Variable next : X -> law X.
Variable unit : Z.
Hypothesis unit_positive : (0 < unit)%Z.

Definition advance (l : law X) : law X :=
  merge (flat_map (fun e => map (fun e' => (fst e', (snd e * snd e')%Z)) (next (fst e))) l).

(** The laws at times [0, ..., T-1], and the law at time [T]. *)
Fixpoint laws_before (T : nat) (l : law X) : list (law X) :=
  match T with 0%nat => [] | S T' => l :: laws_before T' (advance l) end.

Fixpoint law_at (T : nat) (l : law X) : law X :=
  match T with 0%nat => l | S T' => law_at T' (advance l) end.

Lemma value_advance l f : value (advance l) f = value l (fun x => value (next x) f).
Proof.
  unfold advance. rewrite value_merge. unfold value. rewrite Sum_flat_map. apply Sum_ext.
  intros [x n] _. simpl. rewrite Sum_map, <- Sum_scal. apply Sum_ext. intros [y k] _. simpl.
  rewrite mult_IZR. ring.
Qed.

(** * The chain follows a kernel over histories *)

Context {A O : Type}.
Variable M : model A O.
Variable K : kernel A O.
Variable rep : history A O -> X -> Prop.

Hypothesis follows : forall h x (g : history A O -> R) (f : X -> R),
  rep h x -> (forall h' x', rep h' x' -> g h' = f x') ->
  ∑ s ∈ (steps M), K h s * g (s :: h) = value (next x) f / IZR unit.

Lemma unit_neq : IZR unit <> 0.
Proof. apply not_0_IZR. lia. Qed.

(** Backwards: the expectation of [f] after [T] steps from a state. *)
Fixpoint ahead (T : nat) (f : X -> R) (x : X) : R :=
  match T with 0%nat => f x | S T' => value (next x) (ahead T' f) / IZR unit end.

Lemma expect_ahead T h x g f :
  rep h x -> (forall h' x', rep h' x' -> g h' = f x') -> expect M K T h g = ahead T f x.
Proof.
  intros Hr Hg. revert h x Hr. induction T as [|T IH]; intros h x Hr; simpl; [apply Hg, Hr|].
  apply (follows h x (fun h' => expect M K T h' g)); assumption.
Qed.

Lemma value_scal_r l f c : value l (fun x => f x * c) = value l f * c.
Proof. unfold value. rewrite <- Sum_scal_r. apply Sum_ext; intros; ring. Qed.

Lemma law_at_ahead T l f : value (law_at T l) f = IZR unit ^ T * value l (ahead T f).
Proof.
  revert l. induction T as [|T IH]; intros l; [simpl; unfold value; ring|].
  cbn [law_at ahead pow]. rewrite IH, value_advance. unfold Rdiv.
  rewrite (value_scal_r l (fun x => value (next x) (ahead T f))). field. apply unit_neq.
Qed.

(** The bridge: an expectation over all trajectories is a total over the states reached. *)
Theorem expect_law_at T h x g f :
  rep h x -> (forall h' x', rep h' x' -> g h' = f x') ->
  expect M K T h g = value (law_at T [(x, 1%Z)]) f / IZR unit ^ T.
Proof.
  intros Hr Hg. rewrite (expect_ahead T h x g f Hr Hg), law_at_ahead. unfold value. simpl.
  field. apply pow_nonzero, unit_neq.
Qed.

(** * Integer totals *)

Definition total (l : law X) (f : X -> Z) : Z :=
  fold_right (fun e sum => (snd e * f (fst e) + sum)%Z) 0%Z l.

Lemma value_total l f : value l (fun x => IZR (f x)) = IZR (total l f).
Proof.
  induction l as [|[x n] r IH]; [reflexivity|]. unfold value in *. simpl.
  rewrite IH, plus_IZR, mult_IZR. reflexivity.
Qed.

(** [sum over t of total l_t f / unit^t], over [unit^T]; the laws are listed from [t = 0]. *)
Fixpoint path_total (laws : list (law X)) (f : X -> Z) : Z :=
  match laws with
  | [] => 0%Z
  | l :: r => (total l f * unit ^ Z.of_nat (length laws) + path_total r f)%Z
  end.

Lemma length_laws T l : length (laws_before T l) = T.
Proof. revert l. induction T; intros; simpl; congruence. Qed.

Lemma pow_unit T : IZR (unit ^ Z.of_nat T) = IZR unit ^ T.
Proof. symmetry. apply pow_IZR. Qed.

Lemma law_at_S T l : law_at (S T) l = law_at T (advance l).
Proof. reflexivity. Qed.

Lemma path_total_sum T l f :
  IZR (path_total (laws_before T l) f) / IZR unit ^ T
  = ∑ t ∈ (seq 0 T), IZR (total (law_at t l) f) / IZR unit ^ t.
Proof.
  revert l. induction T as [|T IH]; intros l; [simpl; lra|].
  rewrite <- cons_seq, <- seq_shift. cbn [Sum]. rewrite Sum_map.
  rewrite (Sum_ext _ _ (fun t => IZR (total (law_at t (advance l)) f) / IZR unit ^ t * / IZR unit)).
  - rewrite Sum_scal_r, <- IH. cbn [laws_before path_total length]. rewrite length_laws.
    rewrite plus_IZR, mult_IZR, pow_unit. simpl. field.
    repeat split; first [apply unit_neq | apply pow_nonzero, unit_neq].
  - intros t _. simpl. field. repeat split; first [apply unit_neq | apply pow_nonzero, unit_neq].
Qed.

Theorem expect_path_law T h x g f c :
  rep h x -> (forall h' x', rep h' x' -> g h' = IZR (f x') / c) -> c <> 0 ->
  ∑ t ∈ (seq 0 T), expect M K t h g
  = IZR (path_total (laws_before T [(x, 1%Z)]) f) / (IZR unit ^ T * c).
Proof.
  intros Hr Hg Hc.
  rewrite (Sum_ext _ _ (fun t => IZR (total (law_at t [(x, 1%Z)]) f) / IZR unit ^ t * / c)).
  - rewrite Sum_scal_r, <- path_total_sum. field. repeat split; first [exact Hc | apply unit_neq | apply pow_nonzero, unit_neq].
  - intros t _. rewrite (expect_law_at t h x g _ Hr Hg). unfold Rdiv.
    rewrite (value_scal_r _ (fun x' => IZR (f x'))), value_total. field. repeat split; first [exact Hc | apply unit_neq | apply pow_nonzero, unit_neq].
Qed.
End Merge.
