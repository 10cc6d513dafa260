(** What is proved: the definitions of SPEC, and the main theorems as propositions. Whoever audits the development reads
    this file and no other; [Main.v] proves each proposition, and the audit records that it does. *)
From Coq Require Import Reals List Bool Arith.
Import ListNotations.
Open Scope R_scope.

Fixpoint Sum {X : Type} (l : list X) (f : X -> R) : R :=
  match l with
  | [] => 0
  | x :: r => f x + Sum r f
  end.

Notation "∑ x ∈ l , e" := (Sum l (fun x => e))
  (at level 45, x name, l at level 10, e at level 45, right associativity).

(** * Objects *)

(** A step [(q, a, o)]; a history lists its steps *latest first*. *)
Record step (A O : Type) : Type := Step { queried : bool; act : A; obs : O }.
Arguments Step {A O} _ _ _.
Arguments queried {A O} _.
Arguments act {A O} _.
Arguments obs {A O} _.

Definition history (A O : Type) : Type := list (step A O).
Definition policy (A O : Type) : Type := history A O -> A -> R.
Definition kernel (A O : Type) : Type := history A O -> step A O -> R.

(** D1: a semimeasure, respectively a measure, over the finite set listed by [l]. *)
Definition semimeasure {X} (l : list X) (f : X -> R) : Prop :=
  (forall x, 0 <= f x) /\ Sum l f <= 1.
Definition measure {X} (l : list X) (f : X -> R) : Prop :=
  (forall x, 0 <= f x) /\ Sum l f = 1.

(** D2, D3: the class is the family [member 0, ..., member (size - 1)] in class order (R1).
    The demonstrator is a policy of its own, so that a class without it can be described. *)
Record model (A O : Type) : Type := Model {
  actions : list A;
  observations : list O;
  size : nat;
  prior : nat -> R;
  member : nat -> policy A O;
  demo : policy A O;
  env : history A O -> A -> O -> R;
  alpha : R
}.
Arguments Model {A O}.
Arguments actions {A O} _.
Arguments observations {A O} _.
Arguments size {A O} _.
Arguments prior {A O} _ _.
Arguments member {A O} _ _ _ _.
Arguments demo {A O} _ _ _.
Arguments env {A O} _ _ _ _.
Arguments alpha {A O} _.

(** What every theorem assumes of a model. Members may be defective and may see [q] (R2, R5);
    the demonstrator is never defective. *)
Record well_formed {A O} (M : model A O) : Prop := {
  alpha_range : 0 < alpha M <= 1;
  prior_pos : forall i, (i < size M)%nat -> 0 < prior M i;
  prior_total : ∑ i ∈ (seq 0 (size M)), prior M i <= 1;
  member_semimeasure : forall i h, (i < size M)%nat -> semimeasure (actions M) (member M i h);
  demo_measure : forall h, measure (actions M) (demo M h);
  env_measure : forall h a, measure (observations M) (env M h a)
}.

(** D3: the demonstrator is member [d] of the class. *)
Record realizable {A O} (M : model A O) (d : nat) : Prop := {
  demo_index : (d < size M)%nat;
  demo_is_member : forall h a, member M d h a = demo M h a
}.

(** T8: it is only near member [d]: [e^-x p~ <= p <= e^x p~], with [p~] that member and [eta = e^x - 1]. *)
Record near {A O} (M : model A O) (d : nat) (eta : R) : Prop := {
  near_index : (d < size M)%nat;
  near_range : 0 <= eta;
  near_above : forall h a, demo M h a <= (1 + eta) * member M d h a;
  near_below : forall h a, member M d h a <= (1 + eta) * demo M h a
}.

(** The action-observation sequence of a history, latest first. *)
Definition strip {A O} (h : history A O) : list (A * O) := map (fun s => (act s, obs s)) h.

(** R2: the demonstrator and the environment see actions and observations, not [q]. *)
Record query_blind {A O} (M : model A O) : Prop := {
  demo_blind : forall h h' a, strip h = strip h' -> demo M h a = demo M h' a;
  env_blind : forall h h' a o, strip h = strip h' -> env M h a o = env M h' a o
}.

(** * Ranking by a stable sort, and the prefix test (D5) *)

Definition Rleb (x y : R) : bool := if Rle_dec x y then true else false.
Definition Rltb (x y : R) : bool := if Rlt_dec x y then true else false.

(** Insert [i], whose index is smaller than those of [l], before the first element that is not heavier. *)
Fixpoint insert (w : nat -> R) (i : nat) (l : list nat) : list nat :=
  match l with
  | [] => [i]
  | j :: r => if Rleb (w j) (w i) then i :: l else j :: insert w i r
  end.

Fixpoint sort (w : nat -> R) (l : list nat) : list nat :=
  match l with
  | [] => []
  | i :: r => insert w i (sort w r)
  end.

(** Keep the elements whose weight is at least [alpha] times the weight up to and including them;
    [acc] is the weight of the ranks before. *)
Fixpoint passing (alpha : R) (w : nat -> R) (acc : R) (l : list nat) : list nat :=
  match l with
  | [] => []
  | i :: r =>
      let acc' := acc + w i in
      if Rleb (alpha * acc') (w i) then i :: passing alpha w acc' r else passing alpha w acc' r
  end.

(** Minimum and maximum of a list; [0] when it is empty (R4 for the minimum). *)
Fixpoint min_list (l : list R) : R :=
  match l with
  | [] => 0
  | [x] => x
  | x :: r => Rmin x (min_list r)
  end.

Fixpoint max_list (l : list R) : R :=
  match l with
  | [] => 0
  | x :: r => Rmax x (max_list r)
  end.

(** * The learner *)

Section Learner.
Context {A O : Type}.
Variable M : model A O.

Definition members : list nat := seq 0 (size M).

(** D4: the probability a policy gave to the demonstrator's answers, the weight, the posterior. *)
Fixpoint evidence (p : policy A O) (h : history A O) : R :=
  match h with
  | [] => 1
  | s :: past => (if queried s then p past (act s) else 1) * evidence p past
  end.

Definition weight (i : nat) (h : history A O) : R := prior M i * evidence (member M i) h.
Definition total_weight (h : history A O) : R := ∑ i ∈ members, weight i h.
Definition posterior (i : nat) (h : history A O) : R := weight i h / total_weight h.

(** D5, R1, R3. *)
Definition ranking (h : history A O) : list nat :=
  sort (fun i => posterior i h) (filter (fun i => Rltb 0 (posterior i h)) members).

Definition top (h : history A O) : list nat :=
  passing (alpha M) (fun i => posterior i h) 0 (ranking h).

Definition in_top (i : nat) (h : history A O) : bool := existsb (Nat.eqb i) (top h).

(** D6. *)
Definition imitator (h : history A O) (a : A) : R :=
  min_list (map (fun i => member M i h a) (top h)).

Definition theta (h : history A O) : R := 1 - ∑ a ∈ actions M, imitator h a.

(** D8, with the ratio of weights, which is the ratio of posteriors ([ratio_posterior]). *)
Definition ratio (d i : nat) (h : history A O) : R := weight i h / weight d h.
Definition tau : R := if Rle_dec (alpha M) (1 / 2) then alpha M / (1 - alpha M) else 1.

(** The members other than [d], and their number. *)
Definition others (d : nat) : list nat := filter (fun i => negb (Nat.eqb i d)) members.
Definition alternatives (d : nat) : R := INR (length (others d)).

(** [(1 - r_i(a))_+] and [G]. *)
Definition shortfall (i : nat) (h : history A O) (a : A) : R :=
  Rmax 0 (1 - member M i h a / demo M h a).

Definition G (h : history A O) : R :=
  ∑ a ∈ actions M, demo M h a * max_list (map (fun i => shortfall i h a ^ 2) (top h)).

(** D9. *)
Definition F (x : R) : R := if Rle_dec x 1 then 3 * x else 3 + 2 * ln x.

Definition S_bound (d : nat) : R := ∑ i ∈ (others d), F (ratio d i [] / tau).
Definition S_lin (d : nat) : R := 3 / tau * (1 / prior M d - 1).
Definition max_scaled_ratio (d : nat) : R := max_list (map (fun i => ratio d i [] / tau) (others d)).

(** T4a, T4b. *)
Definition F_4 (x : R) : R := if Rle_dec x 1 then 34 / 25 * x else 34 / 25 + 9 / 25 * ln x.
Definition F_5 (x : R) : R :=
  if Rle_dec x 1 then 103 / 80 * x else 13 / 10 + 3 / 8 * ln x - 9 / (80 * x) + 1 / (10 * x ^ 2).
Definition S_4 (d : nat) : R := ∑ i ∈ (others d), F_4 (ratio d i [] / tau).
Definition S_5 (d : nat) : R := ∑ i ∈ (others d), F_5 (ratio d i [] / tau).

(** T6, T7: [1 + (k - 1) x] up to 1, where its value is [k], and [k sqrt x] from there; and the geometric mean over the
    alternatives of a function of their scaled initial odds, 1 if there are none. *)
Definition root_potential (k x : R) : R := if Rle_dec x 1 then 1 + (k - 1) * x else k * sqrt x.
Definition Psi2 : R -> R := root_potential (8 / 3).
Definition Psi3 : R -> R := root_potential 4.

Definition mean_over_alternatives (d : nat) (f : R -> R) : R :=
  exp (/ alternatives d * ∑ i ∈ others d, ln (f (ratio d i [] / tau))).
End Learner.

(** * Laws of histories (D7) *)

Section Laws.
Context {A O : Type}.
Variable M : model A O.

(** All steps over the model's actions and observations. *)
Definition steps : list (step A O) :=
  flat_map (fun q => flat_map (fun a => map (Step q a) (observations M)) (actions M)) [false; true].

(** A law is given by its step kernel; this is the expectation of [f], [T] steps after [h]. *)
Fixpoint expect (K : kernel A O) (T : nat) (h : history A O) (f : history A O -> R) : R :=
  match T with
  | 0%nat => f h
  | S T' => ∑ s ∈ steps, K h s * expect K T' (s :: h) f
  end.

(** [sum over t < T of g(h_t)] along the history [h = h_T]. *)
Fixpoint path_sum (g : history A O -> R) (h : history A O) : R :=
  match h with
  | [] => 0
  | s :: past => path_sum g past + g past
  end.

(** Did [bad] hold at some time [t <= T] along [h = h_T]? *)
Fixpoint ever (bad : history A O -> bool) (h : history A O) : bool :=
  match h with
  | [] => bad []
  | s :: past => bad h || ever bad past
  end.

Definition indicator (b : bool) : R := if b then 1 else 0.

(** The number of queries in a history. *)
Fixpoint queries (h : history A O) : R :=
  match h with
  | [] => 0
  | s :: past => queries past + (if queried s then 1 else 0)
  end.

(** D6: not queried with probability [m(a)], queried with probability [theta p(a)]. *)
Definition imitator_kernel (h : history A O) (s : step A O) : R :=
  (if queried s then theta M h * demo M h (act s) else imitator M h (act s)) * env M h (act s) (obs s).

(** The demonstrator acts, always asked. *)
Definition demo_kernel (h : history A O) (s : step A O) : R :=
  (if queried s then demo M h (act s) else 0) * env M h (act s) (obs s).

Variable d : nat.

(** The demonstrator (member [d]) is outside the top set. *)
Definition out (h : history A O) : bool := negb (in_top M d h).

(** T4: the imitator until the demonstrator first leaves the top set, the demonstrator from then on. *)
Definition guarded_kernel (h : history A O) (s : step A O) : R :=
  if ever out h then demo_kernel h s else imitator_kernel h s.

Definition E_i (T : nat) (f : history A O -> R) : R := expect imitator_kernel T [] f.
Definition E_d (T : nat) (f : history A O -> R) : R := expect demo_kernel T [] f.
Definition E_g (T : nat) (f : history A O -> R) : R := expect guarded_kernel T [] f.

(** [P_i(exists t <= T, pi_d not in Top(h_t))], and T3's bound on it. *)
Definition exclusion (T : nat) : R := E_i T (fun h => indicator (ever out h)).
Definition retention_bound : R := (1 / prior M d - 1) / (1 / alpha M - 1).

(** The guarded law of the next action; the step divergence [k_t], and [chi_t]. Both are 0 once the demonstrator has
    left the top set. *)
Definition guarded_action (h : history A O) (a : A) : R :=
  if ever out h then demo M h a else imitator M h a + theta M h * demo M h a.

Definition step_divergence (h : history A O) : R :=
  ∑ a ∈ actions M, guarded_action h a * ln (guarded_action h a / demo M h a).

Definition while_in (f : history A O -> R) (h : history A O) : R := if ever out h then 0 else f h.

Definition step_chi_squared : history A O -> R := while_in (fun h => G M h - theta M h ^ 2).

(** The laws of the action-observation sequence: the distinct sequences of length [T], their probabilities, with [q]
    summed out, and the divergence of two functions on a finite set ([0 ln 0 = 0], a product with 0). *)
Fixpoint histories (T : nat) : list (history A O) :=
  match T with
  | 0%nat => [[]]
  | S T' => flat_map (fun h => map (fun s => s :: h) steps) (histories T')
  end.

Section Sequences.
Variable eqA : forall x y : A, {x = y} + {x <> y}.
Variable eqO : forall x y : O, {x = y} + {x <> y}.

Definition sequence_eq_dec (x y : list (A * O)) : {x = y} + {x <> y}.
Proof. decide equality. decide equality. Defined.

Definition sequences (T : nat) : list (list (A * O)) := nodup sequence_eq_dec (map strip (histories T)).

Definition marginal (K : kernel A O) (T : nat) (x : list (A * O)) : R :=
  expect K T [] (fun h => indicator (if sequence_eq_dec (strip h) x then true else false)).
End Sequences.

Definition KL {X : Type} (l : list X) (p q : X -> R) : R := ∑ x ∈ l, p x * ln (p x / q x).

(** The probabilities of an event decided at time [T]. *)
Variable T : nat.
Variable B : list (A * O) -> bool.

Definition P_i_event : R := E_i T (fun h => indicator (B (strip h))).
Definition P_g_event : R := E_g T (fun h => indicator (B (strip h))).
Definition P_d_event : R := E_d T (fun h => indicator (B (strip h))).
End Laws.

(** [d(x||y)] in nats; at [x = 0] and [x = 1] the missing term is a product with 0. *)
Definition binary_divergence (x y : R) : R := x * ln (x / y) + (1 - x) * ln ((1 - x) / (1 - y)).

(** T7: the Gaussian term, with [m = N T] and [L = ln (1/y)]. *)
Definition Gaussian_bound {A O} (M : model A O) (d : nat) (m L : R) : R :=
  Rpower (mean_over_alternatives M d Psi3) (m / (m + L)) * exp (- (L ^ 2 / (4 * (m + L)))).

(** * The main theorems *)

Definition T1_statement : Prop := forall A O (M : model A O) d T, well_formed M -> realizable M d ->
  E_i M T (path_sum (fun h => theta M h ^ 3)) <= E_i M T (path_sum (fun h => theta M h * G M h))
  /\ E_i M T (path_sum (fun h => theta M h * G M h)) <= S_bound M d.

Definition T1_series_statement : Prop := forall A O (M : model A O) d, well_formed M -> realizable M d ->
  exists l, infinite_sum (fun t => E_i M t (fun h => theta M h ^ 3)) l /\ l <= S_bound M d.

Definition T1a_statement : Prop := forall A O (M : model A O) d, well_formed M -> realizable M d ->
  S_bound M d <= S_lin M d
  /\ (alpha M <= 1 / 2 -> S_lin M d = 3 * (1 / alpha M - 1) * (1 / prior M d - 1)).

Definition T1b_statement : Prop := forall A O (M : model A O) d, well_formed M -> realizable M d ->
  S_bound M d <= (INR (size M) - 1) * F (max_scaled_ratio M d).

Definition T1c_statement : Prop := forall A O (M : model A O) d, well_formed M -> realizable M d ->
  S_bound M d <= INR (length (actions M)) * / alpha M ^ 3 * (24 / prior M d + 12).

Definition T2_statement : Prop := forall A O (M : model A O) d T, well_formed M -> realizable M d ->
  E_i M T queries = E_i M T (path_sum (theta M)) /\ E_i M T queries ^ 3 <= INR T ^ 2 * S_bound M d.

Definition T3_statement : Prop := forall A O (M : model A O) d T, well_formed M -> realizable M d ->
  alpha M < 1 -> exclusion M d T <= retention_bound M d.

Definition T4_statement : Prop := forall A O eqA eqO (M : model A O) d T,
  well_formed M -> realizable M d -> query_blind M ->
  KL (sequences M eqA eqO T) (marginal M eqA eqO (guarded_kernel M d) T) (marginal M eqA eqO (demo_kernel M) T)
    <= E_g M d T (path_sum (step_divergence M d))
  /\ E_g M d T (path_sum (step_divergence M d)) <= E_g M d T (path_sum (step_chi_squared M d))
  /\ E_g M d T (path_sum (step_chi_squared M d)) <= sqrt (INR T * S_bound M d).

(** What T4 and T5 say with [S] in place of [S_bound]. *)
Definition refined_bounds {A O} (M : model A O) d eqA eqO T B (S : R) : Prop :=
  E_g M d T (path_sum (step_divergence M d)) <= sqrt (INR T * S)
  /\ KL (sequences M eqA eqO T) (marginal M eqA eqO (guarded_kernel M d) T) (marginal M eqA eqO (demo_kernel M) T)
     <= sqrt (INR T * S)
  /\ (0 < P_d_event M T B < 1 -> binary_divergence (P_g_event M d T B) (P_d_event M T B) <= sqrt (INR T * S))
  /\ (alpha M < 1 -> 0 < P_d_event M T B < 1 -> P_i_event M T B <= retention_bound M d
        + (sqrt (INR T * S) + ln 2) / ln (1 / P_d_event M T B)).

Definition T4a_statement : Prop := forall A O eqA eqO (M : model A O) d T B,
  well_formed M -> realizable M d -> query_blind M ->
  refined_bounds M d eqA eqO T B (S_4 M d)
  /\ sqrt (INR T * S_4 M d) <= 674 / 1000 * sqrt (INR T * S_bound M d).

Definition T4b_statement : Prop := forall A O eqA eqO (M : model A O) d T B,
  well_formed M -> realizable M d -> query_blind M ->
  refined_bounds M d eqA eqO T B (S_5 M d)
  /\ sqrt (INR T * S_5 M d) <= 6552 / 10000 * sqrt (INR T * S_bound M d).

Definition T5_statement : Prop := forall A O (M : model A O) d T B,
  well_formed M -> realizable M d -> query_blind M ->
  (0 < P_d_event M T B < 1 ->
     binary_divergence (P_g_event M d T B) (P_d_event M T B) <= sqrt (INR T * S_bound M d))
  /\ (alpha M < 1 -> 0 < P_d_event M T B < 1 -> P_i_event M T B <= retention_bound M d
        + (sqrt (INR T * S_bound M d) + ln 2) / ln (1 / P_d_event M T B))
  /\ (alpha M < 1 -> P_d_event M T B = 0 -> P_i_event M T B <= retention_bound M d).

(** [e = T^(2/3) c^(1/3)]. *)
Definition T0_statement : Prop := forall A O (M : model A O) d T B c e,
  well_formed M -> realizable M d -> query_blind M -> alpha M < 1 -> 0 < c -> e ^ 3 = INR T ^ 2 * c ->
  P_i_event M T B <= retention_bound M d + (S_bound M d / c + P_d_event M T B * exp e).

Definition T6_statement : Prop := forall A O (M : model A O) d T, well_formed M -> realizable M d ->
  E_i M T (fun h => exp (path_sum (fun h => theta M h * G M h) h / (8 * alternatives M d)))
    <= mean_over_alternatives M d Psi2
  /\ forall c, 0 <= c ->
     let tail := mean_over_alternatives M d Psi2 * exp (- (c / (8 * alternatives M d))) in
     E_i M T (fun h => indicator (ever (fun h => Rleb c (path_sum (fun h => theta M h ^ 3) h)) h)) <= tail
     /\ forall e, e ^ 3 = INR T ^ 2 * c ->
        (forall del, 0 < del ->
           E_i M T (fun h => indicator (Rleb ((e + ln (1 / del)) / ln 2) (queries h))) <= tail + del)
        /\ (forall B, query_blind M -> alpha M < 1 -> 0 < c ->
              P_i_event M T B <= retention_bound M d + (tail + P_d_event M T B * exp e)).

Definition T7_statement : Prop := forall A O (M : model A O) d T B,
  well_formed M -> realizable M d -> query_blind M -> alpha M < 1 -> 0 < P_d_event M T B < 1 ->
  P_i_event M T B <= retention_bound M d
    + Rmin (Gaussian_bound M d (alternatives M d * INR T) (ln (1 / P_d_event M T B))) (2 ^ T * P_d_event M T B).

Definition T7a_statement : Prop := forall A O (M : model A O) d T B c,
  well_formed M -> realizable M d -> query_blind M -> alpha M < 1 -> 0 < c ->
  P_i_event M T B <= retention_bound M d
    + (S_bound M d / c + sqrt (P_d_event M T B) * exp (sqrt (INR T * c) / 2)).

Definition T8_statement : Prop := forall A O (M : model A O) d eta T, well_formed M -> near M d eta ->
  E_i M T (path_sum (fun h =>
    theta M h * (Rmax 0 (theta M h - eta) ^ 2 - 3 * alternatives M d * eta))) <= S_bound M d.

Definition T8a_statement : Prop := forall A O (M : model A O) d eta T n, well_formed M -> near M d eta ->
  alpha M < 1 ->
  E_i M T (fun h => indicator (ever (fun h => out M d h && Rleb (queries h) (INR n)) h))
    <= (1 + eta) ^ n * retention_bound M d.

(** W4: in T1a no constant below 3 will do, and with [k] actions none below [blocks_constant k], however small alpha is. *)
Definition exceeded (k : nat) (c a : R) : Prop :=
  exists (M : model nat unit) d T, actions M = seq 0 k /\ well_formed M /\ realizable M d /\ query_blind M /\
    alpha M <= a /\ 0 < S_lin M d /\ c * S_lin M d < E_i M T (path_sum (fun h => theta M h ^ 3)).

Definition blocks_constant (k : nat) : R := 1 + 2 * (INR k - 1) ^ 2 / INR k * ln (INR k / (INR k - 1)).

Definition W4_statement : Prop :=
  (forall c a, c < 1 -> 0 < a -> exists k, exceeded k c a)
  /\ (forall k c a, (2 <= k)%nat -> c < blocks_constant k / 3 -> 0 < a -> exceeded k c a).
