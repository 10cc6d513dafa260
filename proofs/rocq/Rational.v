(** The same learner over the rationals, made to be executed: a history matters to the future only
    through the states of the machines and the posterior up to scale, so equal states are merged.
    Everything is an integer over a known power of the shared denominators. *)
From Coq Require Import List Bool Arith ZArith QArith.
From ExactCBIL Require Import Statements Machines Propagation.
Import ListNotations.
Open Scope Z_scope.

(** [belief] holds, for each policy in class order, its posterior weight up to a common scale and
    the state of its machine; the state of a policy without weight reads 0. *)
Record state : Type := State {
  belief : list (Z * nat);
  at_demonstrator : nat;
  at_environment : nat;
  at_events : list nat;
  left_before : bool  (* was the demonstrator outside the top set at an earlier time? *)
}.

(** * An order on states, for merging *)

Definition then_compare (c d : comparison) : comparison := match c with Eq => d | _ => c end.

Fixpoint compare_lists {X} (compare : X -> X -> comparison) (l k : list X) : comparison :=
  match l, k with
  | [], [] => Eq
  | [], _ => Lt
  | _, [] => Gt
  | x :: l', y :: k' => then_compare (compare x y) (compare_lists compare l' k')
  end.

Definition compare_weights (x y : Z * nat) : comparison :=
  then_compare (Z.compare (fst x) (fst y)) (Nat.compare (snd x) (snd y)).

Definition compare_bools (x y : bool) : comparison :=
  match x, y with false, true => Lt | true, false => Gt | _, _ => Eq end.

Definition compare_states (x y : state) : comparison :=
  then_compare (Nat.compare (at_demonstrator x) (at_demonstrator y))
  (then_compare (Nat.compare (at_environment x) (at_environment y))
  (then_compare (compare_bools (left_before x) (left_before y))
  (then_compare (compare_lists Nat.compare (at_events x) (at_events y))
    (compare_lists compare_weights (belief x) (belief y))))).

(** * Ranking, top set and minimum, as in [Learner], on integers *)

Fixpoint zinsert (w : nat -> Z) (i : nat) (l : list nat) : list nat :=
  match l with
  | [] => [i]
  | j :: r => if w j <=? w i then i :: l else j :: zinsert w i r
  end.

Fixpoint zsort (w : nat -> Z) (l : list nat) : list nat :=
  match l with
  | [] => []
  | i :: r => zinsert w i (zsort w r)
  end.

Fixpoint zpassing (numerator denominator : Z) (w : nat -> Z) (acc : Z) (l : list nat) : list nat :=
  match l with
  | [] => []
  | i :: r =>
      let acc' := acc + w i in
      if numerator * acc' <=? denominator * w i then i :: zpassing numerator denominator w acc' r
      else zpassing numerator denominator w acc' r
  end.

Fixpoint zmin_list (l : list Z) : Z :=
  match l with
  | [] => 0
  | [x] => x
  | x :: r => Z.min x (zmin_list r)
  end.

Section Learner.
Variable X : rational_model.

Definition weight_in (bs : list (Z * nat)) (i : nat) : Z := fst (nth i bs (0, 0%nat)).
Definition place_in (bs : list (Z * nat)) (i : nat) : nat := snd (nth i bs (0, 0%nat)).

Definition ztop (bs : list (Z * nat)) : list nat :=
  let w := weight_in bs in
  zpassing (alpha_numerator X) (Zpos (alpha_denominator X)) w 0
    (zsort w (filter (fun i => 0 <? w i) (seq 0 (length (policies X))))).

(** [m], as integers over [mass_unit]. *)
Definition zminimum (bs : list (Z * nat)) (top : list nat) (a : nat) : Z :=
  zmin_list (map (fun i => mass (policy_machine X i) (place_in bs i) a) top).

Definition zminima (bs : list (Z * nat)) (top : list nat) : list Z :=
  map (zminimum bs top) (seq 0 (action_count X)).

(** [theta], as an integer over [mass_unit]. *)
Definition ztheta (minima : list Z) : Z := Zpos (mass_unit X) - zsum minima.

Definition outside (top : list nat) : bool :=
  match demonstrator X with inl d => negb (existsb (Nat.eqb d) top) | inr _ => false end.

Definition left_by (x : state) : bool := outside (ztop (belief x)) || left_before x.

(** Bayes' rule, up to scale. *)
Definition divisor (bs : list (Z * nat)) : Z := fold_right (fun b g => Z.gcd (fst b) g) 0 bs.

Definition reduce (bs : list (Z * nat)) : list (Z * nat) :=
  let g := divisor bs in if g =? 0 then bs else map (fun b => (fst b / g, snd b)) bs.

Definition bury (b : Z * nat) : Z * nat := if fst b =? 0 then (0, 0%nat) else b.

Definition answer (s : nstep) (e : machine (list Z) * (Z * nat)) : Z * nat :=
  let (m, b) := e in
  let (w, x) := b in
  bury (if queried s then w * mass m x (act s) else w, move m x s).

Definition update (bs : list (Z * nat)) (s : nstep) : list (Z * nat) :=
  let answered := map (answer s) (combine (policies X) bs) in
  if queried s then reduce answered else answered.

Definition move_events (xs : list nat) (s : nstep) : list nat :=
  map (fun e => move (fst e) (snd e) s) (combine (events X) xs).

(** * The chains of the imitator and of the demonstrator *)

Definition rational_steps : list nstep :=
  flat_map (fun q => flat_map (fun a => map (Step q a) (seq 0 (observation_count X)))
    (seq 0 (action_count X))) [false; true].

Definition successors (numerator : nstep -> Z) (after : nstep -> state) : law state :=
  map (fun s => (after s, numerator s)) (filter (fun s => negb (numerator s =? 0)) rational_steps).

Definition imitator_unit : Z := Zpos (mass_unit X) * Zpos (mass_unit X) * Zpos (chance_unit X).

Definition imitator_numerator (x : state) (minima : list Z) (theta : Z) (s : nstep) : Z :=
  (if queried s then theta * mass (demo_machine X) (at_demonstrator x) (act s)
   else entry minima (act s) * Zpos (mass_unit X)) * chance X (at_environment x) (act s) (obs s).

Definition imitator_after (x : state) (gone : bool) (s : nstep) : state := {|
  belief := update (belief x) s;
  at_demonstrator := move (demo_machine X) (at_demonstrator x) s;
  at_environment := move (environment X) (at_environment x) s;
  at_events := move_events (at_events x) s;
  left_before := gone
|}.

Definition imitator_next (x : state) : law state :=
  let top := ztop (belief x) in
  let minima := zminima (belief x) top in
  let theta := ztheta minima in
  let gone := outside top || left_before x in
  successors (imitator_numerator x minima theta) (imitator_after x gone).

Definition imitator_start : state := {|
  belief := reduce (map bury (map (fun i => (entry (priors X) i, start (policy_machine X i)))
    (seq 0 (length (policies X)))));
  at_demonstrator := start (demo_machine X);
  at_environment := start (environment X);
  at_events := map start (events X);
  left_before := false
|}.

Definition demonstrator_unit : Z := Zpos (mass_unit X) * Zpos (chance_unit X).

Definition demonstrator_numerator (x : state) (s : nstep) : Z :=
  if queried s then
    mass (demo_machine X) (at_demonstrator x) (act s) * chance X (at_environment x) (act s) (obs s)
  else 0.

Definition demonstrator_after (x : state) (s : nstep) : state := {|
  belief := [];
  at_demonstrator := move (demo_machine X) (at_demonstrator x) s;
  at_environment := move (environment X) (at_environment x) s;
  at_events := move_events (at_events x) s;
  left_before := false
|}.

Definition demonstrator_next (x : state) : law state :=
  successors (demonstrator_numerator x) (demonstrator_after x).

Definition demonstrator_start : state := {|
  belief := [];
  at_demonstrator := start (demo_machine X);
  at_environment := start (environment X);
  at_events := map start (events X);
  left_before := false
|}.

(** * What the engine prints, as integers over known denominators *)

Definition imitator_laws (T : nat) : list (law state) :=
  laws_before compare_states imitator_next T [(imitator_start, 1)].

Definition imitator_law (T : nat) : law state :=
  law_at compare_states imitator_next T [(imitator_start, 1)].

Definition demonstrator_law (T : nat) : law state :=
  law_at compare_states demonstrator_next T [(demonstrator_start, 1)].

Definition in_event (k : nat) (x : state) : Z :=
  if shown false (nth k (events X) (Machine 0 [])) (nth k (at_events x) 0%nat) then 1 else 0.

Definition has_left (x : state) : Z := if left_before x then 1 else 0.
End Learner.

(** * The numbers that the engine prints *)

Record step_outcome : Type := StepOutcome {
  theta1 : Q;
  theta2 : Q;
  theta3 : Q;
  demonstrator_weight : option Q;
  top_size : Q
}.

Record outcome : Type := Outcome {
  query_cubes : Q;
  queries : Q;
  exclusion : option Q;
  event_chances : list (Q * Q);  (* under [P_d], under [P_i] *)
  steps_before : list step_outcome
}.

Definition fraction (n d : Z) : Q := n # Z.to_pos d.

(** The law of a function of the state. *)
Definition image {X Y} (compare : Y -> Y -> comparison) (f : X -> Y) (l : law X) : law Y :=
  merge compare (map (fun e => (f (fst e), snd e)) l).

Section Outcome.
Variable X : rational_model.

(** [theta], as an integer over [mass_unit], and the size of the top set. *)
Definition profile (x : state) : Z * nat :=
  let top := ztop X (belief x) in (ztheta X (zminima X (belief x) top), length top).

Definition profiles (l : law state) : law (Z * nat) := image compare_weights profile l.

Definition power (k : Z) (p : Z * nat) : Z := fst p ^ k.
Definition size_of (p : Z * nat) : Z := Z.of_nat (snd p).

Definition weight_total (bs : list (Z * nat)) : Z := zsum (map fst bs).

(** Mass times the weight of policy [d], gathered by total weight: many states share one. The totals
    have few divisors in common, so the sum of fractions is not reduced on the way. *)
Definition shares (d : nat) (l : law state) : law Z :=
  merge Z.compare (map (fun e => (weight_total (belief (fst e)), snd e * weight_in (belief (fst e)) d)) l).

Definition weight_mean (d : nat) (l : law state) : Q :=
  fold_right (fun e q => fraction (snd e) (fst e) + q)%Q 0%Q (shares d l).

Definition step_outcome_at (t : nat) (l : law state) (p : law (Z * nat)) : step_outcome :=
  let scale := imitator_unit X ^ Z.of_nat t in
  let moment k := fraction (total p (power k)) (scale * Zpos (mass_unit X) ^ k) in {|
    theta1 := moment 1;
    theta2 := moment 2;
    theta3 := moment 3;
    demonstrator_weight := match demonstrator X with
      | inl d => Some (weight_mean d l * fraction 1 scale)%Q
      | inr _ => None
      end;
    top_size := fraction (total p size_of) scale
  |}.

Definition outcome_of (T : nat) : outcome :=
  let laws := imitator_laws X (S T) in
  let before := firstn T laws in
  let profiled := map profiles before in
  let last := nth T laws [] in
  let answered := demonstrator_law X T in
  let scale := imitator_unit X ^ Z.of_nat T in
  let moment k :=
    fraction (path_total (imitator_unit X) profiled (power k)) (scale * Zpos (mass_unit X) ^ k) in {|
    query_cubes := moment 3;
    queries := moment 1;
    exclusion := match demonstrator X with
      | inl _ => Some (fraction (total last has_left) scale)
      | inr _ => None
      end;
    event_chances := map (fun k =>
      (fraction (total answered (in_event X k)) (demonstrator_unit X ^ Z.of_nat T),
       fraction (total last (in_event X k)) scale)) (seq 0 (length (events X)));
    steps_before := map (fun t => step_outcome_at t (nth t before []) (nth t profiled [])) (seq 0 T)
  |}.
End Outcome.

(** * Comparing outcomes *)

Definition same_option (p q : option Q) : bool :=
  match p, q with Some a, Some b => Qeq_bool a b | None, None => true | _, _ => false end.

Definition same_step (a b : step_outcome) : list bool :=
  [Qeq_bool (theta1 a) (theta1 b); Qeq_bool (theta2 a) (theta2 b); Qeq_bool (theta3 a) (theta3 b);
   same_option (demonstrator_weight a) (demonstrator_weight b);
   Qeq_bool (top_size a) (top_size b)].

(** One answer for each pair of places; a list of another length is told by an answer more. *)
Fixpoint same_lists {Y} (same : Y -> Y -> list bool) (l k : list Y) : list bool :=
  match l, k with
  | [], [] => []
  | x :: l', y :: k' => same x y ++ same_lists same l' k'
  | _, _ => [false]
  end.

Definition same_chances (a b : Q * Q) : list bool :=
  [Qeq_bool (fst a) (fst b); Qeq_bool (snd a) (snd b)].

Definition verdicts (a b : outcome) : list bool :=
  Qeq_bool (query_cubes a) (query_cubes b) :: Qeq_bool (queries a) (queries b)
  :: same_option (exclusion a) (exclusion b)
  :: same_lists same_chances (event_chances a) (event_chances b)
  ++ same_lists same_step (steps_before a) (steps_before b).

Definition agrees_with (X : rational_model) (T : nat) (claimed : outcome) : bool :=
  checked X && forallb (fun b => b) (verdicts (outcome_of X T) claimed).
