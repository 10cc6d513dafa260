(** Laws of histories (D7). The expectation is the explicit sum over all trajectories of the product of step
    probabilities, and total probability is one. *)
From Coq Require Import Reals List Bool Arith Lra Lia.
From ExactCBIL Require Import Sums Learner.
Import ListNotations.
Open Scope R_scope.

Section Trajectories.
Context {A O : Type}.
Variable M : model A O.

Notation steps := (steps M).
Notation expect := (expect M).
Notation histories := (histories M).

Fixpoint probability (K : kernel A O) (h : history A O) : R :=
  match h with
  | [] => 1
  | s :: past => probability K past * K past s
  end.

Lemma Sum_steps (f : step A O -> R) :
  Sum steps f = ∑ a ∈ actions M, ∑ o ∈ observations M, f (Step false a o)
              + ∑ a ∈ actions M, ∑ o ∈ observations M, f (Step true a o).
Proof.
  unfold steps. simpl. rewrite app_nil_r, Sum_app, !Sum_flat_map.
  f_equal; apply Sum_ext; intros a _; apply Sum_map.
Qed.

Lemma In_steps s : In s steps <-> In (act s) (actions M) /\ In (obs s) (observations M).
Proof.
  unfold steps. rewrite in_flat_map. split.
  - intros (q & _ & Hs). apply in_flat_map in Hs. destruct Hs as (a & Ha & Hs).
    apply in_map_iff in Hs. destruct Hs as (o & <- & Ho). simpl. tauto.
  - destruct s as [q a o]; simpl. intros [Ha Ho]. exists q. split; [destruct q; simpl; tauto|].
    apply in_flat_map. exists a. split; [exact Ha|]. apply in_map, Ho.
Qed.

(** * Any kernel *)
Variable K : kernel A O.

Lemma expect_ext T h f g : (forall h', f h' = g h') -> expect K T h f = expect K T h g.
Proof.
  intros H. revert h. induction T as [|T IH]; intros h; simpl; [apply H|].
  apply Sum_ext; intros; rewrite IH; reflexivity.
Qed.

Lemma expect_plus T h f g :
  expect K T h (fun h' => f h' + g h') = expect K T h f + expect K T h g.
Proof.
  revert h. induction T as [|T IH]; intros h; simpl; [reflexivity|].
  rewrite <- Sum_plus. apply Sum_ext; intros; rewrite IH; ring.
Qed.

Lemma expect_scal T h c f : expect K T h (fun h' => c * f h') = c * expect K T h f.
Proof.
  revert h. induction T as [|T IH]; intros h; simpl; [reflexivity|].
  rewrite <- Sum_scal. apply Sum_ext; intros; rewrite IH; ring.
Qed.

Lemma expect_zero T h : expect K T h (fun _ => 0) = 0.
Proof.
  revert h. induction T as [|T IH]; intros h; simpl; [reflexivity|].
  apply Sum_all_zero; intros; rewrite IH; ring.
Qed.

Lemma expect_minus T h f g :
  expect K T h (fun h' => f h' - g h') = expect K T h f - expect K T h g.
Proof.
  unfold Rminus. rewrite expect_plus. f_equal.
  rewrite (expect_ext T h (fun h' => - g h') (fun h' => (-1) * g h')) by (intros; ring).
  rewrite expect_scal. ring.
Qed.

Lemma expect_sum {X} (l : list X) T h (f : X -> history A O -> R) :
  expect K T h (fun h' => ∑ x ∈ l, f x h') = ∑ x ∈ l, expect K T h (f x).
Proof.
  induction l as [|x r IH]; [apply expect_zero|]. simpl. rewrite expect_plus, IH. reflexivity.
Qed.

(** The last step taken out of the sum. *)
Lemma expect_last T h f :
  expect K (S T) h f = expect K T h (fun h' => ∑ s ∈ steps, K h' s * f (s :: h')).
Proof.
  revert h. induction T as [|T IH]; intros h; [reflexivity|].
  change (expect K (S (S T)) h f) with (∑ s ∈ steps, K h s * expect K (S T) (s :: h) f).
  simpl (expect K (S T) h _). apply Sum_ext; intros; rewrite IH; reflexivity.
Qed.

Theorem expect_explicit T f :
  expect K T [] f = ∑ h ∈ histories T, probability K h * f h.
Proof.
  revert f. induction T as [|T IH]; intros f; [simpl; ring|].
  rewrite expect_last, IH. simpl. rewrite Sum_flat_map. apply Sum_ext; intros h _.
  rewrite Sum_map, <- Sum_scal. apply Sum_ext; intros; simpl; ring.
Qed.

(** * Kernels that are probabilities on the histories they reach *)

Record stochastic (live : history A O -> Prop) : Prop := {
  kernel_nonneg : forall h s, live h -> In s steps -> 0 <= K h s;
  kernel_total : forall h, live h -> ∑ s ∈ steps, K h s = 1;
  kernel_live : forall h s, live h -> In s steps -> K h s <> 0 -> live (s :: h)
}.

Variable live : history A O -> Prop.
Hypothesis St : stochastic live.

Lemma step_le h f g :
  live h -> (forall s, In s steps -> live (s :: h) -> f s <= g s) ->
  ∑ s ∈ steps, K h s * f s <= ∑ s ∈ steps, K h s * g s.
Proof.
  intros Hh H. apply Sum_le. intros s Hs. destruct (Req_dec (K h s) 0) as [E|E].
  - rewrite E. lra.
  - apply Rmult_le_compat_l; [apply (kernel_nonneg _ St); assumption|].
    apply H; [exact Hs|]. apply (kernel_live _ St); assumption.
Qed.

Lemma step_ext h f g :
  live h -> (forall s, In s steps -> live (s :: h) -> f s = g s) ->
  ∑ s ∈ steps, K h s * f s = ∑ s ∈ steps, K h s * g s.
Proof.
  intros Hh H. apply Rle_antisym; apply step_le; auto; intros; rewrite H; auto; lra.
Qed.

(** Only the histories reached matter, and only those of the right length. *)
Lemma expect_le_at T h f g : live h ->
  (forall h', live h' -> length h' = (T + length h)%nat -> f h' <= g h') -> expect K T h f <= expect K T h g.
Proof.
  revert h. induction T as [|T IH]; intros h Hh H; simpl; [auto|].
  apply step_le; [exact Hh|]. intros s _ Hs. apply IH; [exact Hs|].
  intros h' Hh' Hl. apply H; [exact Hh'|]. rewrite Hl. simpl. lia.
Qed.

Lemma expect_le T h f g :
  live h -> (forall h', live h' -> f h' <= g h') -> expect K T h f <= expect K T h g.
Proof. intros Hh H. apply expect_le_at; auto. Qed.

Lemma expect_live_ext T h f g :
  live h -> (forall h', live h' -> f h' = g h') -> expect K T h f = expect K T h g.
Proof.
  intros Hh H. apply Rle_antisym; apply expect_le; auto; intros; rewrite H; auto; lra.
Qed.

(** Total probability one. *)
Theorem expect_const T h c : live h -> expect K T h (fun _ => c) = c.
Proof.
  revert h. induction T as [|T IH]; intros h Hh; simpl; [reflexivity|].
  rewrite (step_ext h _ (fun _ => c)); auto.
  rewrite Sum_scal_r. rewrite (kernel_total _ St h Hh : Sum steps (K h) = 1). ring.
Qed.

Lemma expect_nonneg T h f : live h -> (forall h', live h' -> 0 <= f h') -> 0 <= expect K T h f.
Proof. intros Hh H. rewrite <- (expect_zero T h). apply expect_le; auto. Qed.

Lemma expect_forget T h f :
  live h -> expect K (S T) h (fun h' => f (tl h')) = expect K T h f.
Proof.
  intros Hh. rewrite expect_last. apply expect_live_ext; [exact Hh|]. intros h' Hh'. simpl.
  rewrite Sum_scal_r. rewrite (kernel_total _ St h' Hh' : Sum steps (K h') = 1). ring.
Qed.

(** The expectation of a sum along the path is the sum of the expectations. *)
Theorem expect_path_sum T g :
  live [] -> expect K T [] (path_sum g) = ∑ t ∈ (seq 0 T), expect K t [] g.
Proof.
  intros H0. induction T as [|T IH]; [reflexivity|].
  rewrite seq_S, Sum_app. simpl (0 + T)%nat. simpl (Sum [T] _). rewrite <- IH, Rplus_0_r.
  rewrite <- expect_plus. rewrite expect_last. apply expect_live_ext; [exact H0|]. intros h Hh.
  simpl path_sum. rewrite (Sum_scal_r steps (path_sum g h + g h) (K h)).
  rewrite (kernel_total _ St h Hh : Sum steps (K h) = 1). ring.
Qed.

(** The potential argument: if each step loses [g] in expectation, the losses add up to no more
    than the potential at the start. *)
Theorem potential_bound T V g :
  live [] ->
  (forall h, live h -> ∑ s ∈ steps, K h s * V (s :: h) <= V h - g h) ->
  expect K T [] (path_sum g) + expect K T [] V <= V [].
Proof.
  intros H0 HV. induction T as [|T IH]; [simpl; lra|].
  assert (expect K (S T) [] (path_sum g) = expect K T [] (path_sum g) + expect K T [] g) as E.
  { rewrite !expect_path_sum by exact H0. rewrite seq_S, Sum_app. simpl. lra. }
  assert (expect K (S T) [] V <= expect K T [] V - expect K T [] g) as L.
  { rewrite expect_last, <- expect_minus. apply expect_le; auto. }
  lra.
Qed.

(** The same with products: if [exp g] times the potential does not rise in a step, then [exp] of the sum of
    the [g] is paid by the potential. *)
Theorem multiplicative_bound T V g :
  live [] ->
  (forall h, live h -> ∑ s ∈ steps, K h s * V (s :: h) <= exp (- g h) * V h) ->
  expect K T [] (fun h => exp (path_sum g h) * V h) <= V [].
Proof.
  intros H0 HV. induction T as [|T IH]; [simpl; rewrite exp_0; lra|].
  eapply Rle_trans; [|exact IH]. rewrite expect_last. apply expect_le; [exact H0|]. intros h Hh.
  simpl path_sum. rewrite (Sum_ext steps _ (fun s => exp (path_sum g h + g h) * (K h s * V (s :: h))))
    by (intros; ring).
  rewrite Sum_scal. apply Rle_trans with (exp (path_sum g h + g h) * (exp (- g h) * V h)).
  - apply Rmult_le_compat_l; [left; apply exp_pos|auto].
  - right. rewrite <- Rmult_assoc, <- exp_plus. do 2 f_equal. ring.
Qed.

(** Ville's inequality for a non-negative supermartingale [X] that is at least [c] where [bad] holds. *)
Theorem maximal_inequality T X c bad :
  live [] -> 0 < c ->
  (forall h, live h -> 0 <= X h) ->
  (forall h, live h -> ∑ s ∈ steps, K h s * X (s :: h) <= X h) ->
  (forall h, live h -> bad h = true -> c <= X h) ->
  expect K T [] (fun h => indicator (ever bad h)) <= X [] / c.
Proof.
  intros H0 Hc Hpos Hsup Hbad.
  set (Y := fun h => if ever bad h then 1 else X h / c).
  assert (Hone : forall h, live h -> indicator (ever bad h) <= Y h).
  { intros h Hh. unfold Y, indicator. destruct (ever bad h); [lra|].
    apply Rmult_le_pos; [auto|]. left. apply Rinv_0_lt_compat, Hc. }
  assert (Hc1 : forall h, live h -> bad h = true -> 1 <= X h / c).
  { intros h Hh Hb. apply (Rmult_le_reg_r c); [exact Hc|]. unfold Rdiv.
    rewrite Rmult_assoc, Rinv_l by lra. rewrite Rmult_1_l, Rmult_1_r. auto. }
  assert (Hdown : forall h, live h -> ∑ s ∈ steps, K h s * Y (s :: h) <= Y h).
  { intros h Hh. unfold Y at 2. destruct (ever bad h) eqn:E.
    - rewrite (step_ext h _ (fun _ => 1)); auto.
      + rewrite Sum_scal_r. rewrite (kernel_total _ St h Hh : Sum steps (K h) = 1). lra.
      + intros s _ _. unfold Y. simpl. rewrite E, orb_true_r. reflexivity.
    - apply Rle_trans with (∑ s ∈ steps, K h s * (X (s :: h) / c)).
      + apply step_le; auto. intros s _ Hs. unfold Y. simpl. rewrite E, orb_false_r.
        destruct (bad (s :: h)) eqn:B; [auto|lra].
      + unfold Rdiv. rewrite (Sum_ext steps _ (fun s => (K h s * X (s :: h)) * / c)) by (intros; ring).
        rewrite Sum_scal_r. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|auto]. }
  pose proof (potential_bound T Y (fun _ => 0) H0) as P.
  assert (expect K T [] (path_sum (fun _ => 0)) = 0) as Z.
  { rewrite expect_path_sum by exact H0. apply Sum_all_zero. intros; apply expect_zero. }
  assert (expect K T [] Y <= Y []) as HY.
  { rewrite Z in P. enough (0 + expect K T [] Y <= Y []) by lra. apply P.
    intros h Hh. rewrite Rminus_0_r. auto. }
  assert (Y [] <= X [] / c) as HX.
  { unfold Y. simpl. destruct (bad []) eqn:B; [auto|lra]. }
  eapply Rle_trans; [|exact HX]. eapply Rle_trans; [|exact HY]. apply expect_le; auto.
Qed.
End Trajectories.

(** * The laws of the paper *)

(** Member [d] gives positive probability to all that the demonstrator may do. *)
Record covering {A O} (M : model A O) (d : nat) : Prop := {
  cover_index : (d < size M)%nat;
  covers : forall h a, member M d h a = 0 -> demo M h a = 0
}.

Lemma realizable_covering {A O} (M : model A O) d : realizable M d -> covering M d.
Proof.
  intros Re. split; [exact (demo_index M d Re)|]. intros h a. rewrite (demo_is_member M d Re). auto.
Qed.
Coercion realizable_covering : realizable >-> covering.

Section Laws.
Context {A O : Type}.
Variable M : model A O.

Notation imitator_kernel := (imitator_kernel M).
Notation demo_kernel := (demo_kernel M).
Notation E_i := (E_i M).
Notation E_d := (E_d M).

Hypothesis WF : well_formed M.

Lemma Sum_env h a c : ∑ o ∈ observations M, c * env M h a o = c.
Proof.
  rewrite Sum_scal. pose proof (proj2 (env_measure M WF h a)) as E.
  rewrite E. ring.
Qed.

(** A sum over steps when the value depends on [q] and [a] only. *)
Lemma Sum_steps_env (k : bool -> A -> R) (f : bool -> A -> R) h :
  ∑ s ∈ steps M, (k (queried s) (act s) * env M h (act s) (obs s)) * f (queried s) (act s)
  = ∑ a ∈ actions M, k false a * f false a + ∑ a ∈ actions M, k true a * f true a.
Proof.
  rewrite Sum_steps. simpl. f_equal; apply Sum_ext; intros a _;
    (etransitivity; [|apply (Sum_env h a)]); apply Sum_ext; intros; ring.
Qed.

Lemma demo_sum h : ∑ a ∈ actions M, demo M h a = 1.
Proof. exact (proj2 (demo_measure M WF h)). Qed.

Lemma demo_nonneg h a : 0 <= demo M h a.
Proof. apply (demo_measure M WF). Qed.

Lemma env_nonneg h a o : 0 <= env M h a o.
Proof. apply (env_measure M WF). Qed.

Lemma imitator_kernel_nonneg h s : 0 <= imitator_kernel h s.
Proof.
  apply Rmult_le_pos; [|apply env_nonneg]. destruct (queried s); [|apply imitator_nonneg, WF].
  apply Rmult_le_pos; [apply theta_nonneg, WF|apply demo_nonneg].
Qed.

Lemma imitator_kernel_step h (f : bool -> A -> R) :
  ∑ s ∈ steps M, imitator_kernel h s * f (queried s) (act s)
  = ∑ a ∈ actions M, imitator M h a * f false a
    + theta M h * ∑ a ∈ actions M, demo M h a * f true a.
Proof.
  unfold imitator_kernel.
  rewrite (Sum_steps_env (fun q a => if q then theta M h * demo M h a else imitator M h a) f h).
  f_equal. rewrite <- Sum_scal. apply Sum_ext; intros; ring.
Qed.

Lemma imitator_kernel_total h : ∑ s ∈ steps M, imitator_kernel h s = 1.
Proof.
  rewrite (Sum_ext _ _ (fun s => imitator_kernel h s * (fun _ _ => 1) (queried s) (act s)))
    by (intros; ring).
  rewrite (imitator_kernel_step h (fun _ _ => 1)), !Sum_scal_r.
  rewrite (demo_sum h : Sum (actions M) (demo M h) = 1).
  rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _). ring.
Qed.

(** Total probability one needs no realizability, only well-formedness. *)
Lemma imitator_stochastic_always : stochastic M imitator_kernel (fun _ => True).
Proof.
  split; auto.
  - intros; apply imitator_kernel_nonneg.
  - intros; apply imitator_kernel_total.
Qed.

Theorem imitator_total_probability T : E_i T (fun _ => 1) = 1.
Proof. apply (expect_const M imitator_kernel _ imitator_stochastic_always); exact I. Qed.

Lemma demo_kernel_step h (f : bool -> A -> R) :
  ∑ s ∈ steps M, demo_kernel h s * f (queried s) (act s)
  = ∑ a ∈ actions M, demo M h a * f true a.
Proof.
  unfold demo_kernel.
  rewrite (Sum_steps_env (fun q a => if q then demo M h a else 0) f h).
  rewrite (Sum_all_zero (actions M) (fun a => 0 * f false a)) by (intros; ring). ring.
Qed.

Lemma demo_stochastic : stochastic M demo_kernel (fun _ => True).
Proof.
  split; auto.
  - intros h s _ _. apply Rmult_le_pos; [|apply env_nonneg].
    destruct (queried s); [apply demo_nonneg|lra].
  - intros h _.
    rewrite (Sum_ext _ _ (fun s => demo_kernel h s * (fun _ _ => 1) (queried s) (act s)))
      by (intros; ring).
    rewrite (demo_kernel_step h (fun _ _ => 1)), Sum_scal_r, Rmult_1_r. apply demo_sum.
Qed.

Theorem demo_total_probability T : E_d T (fun _ => 1) = 1.
Proof. apply (expect_const M demo_kernel _ demo_stochastic); exact I. Qed.

(** * Histories on which member [d] has positive weight *)

Variable d : nat.
Hypothesis Co : covering M d.

Definition live (h : history A O) : Prop := 0 < weight M d h.

Lemma live_start : live [].
Proof.
  unfold live, weight. simpl. rewrite Rmult_1_r. apply (prior_pos M WF), (cover_index M d Co).
Qed.

Lemma weight_step i h s :
  weight M i (s :: h) = (if queried s then member M i h (act s) else 1) * weight M i h.
Proof. unfold weight. simpl. ring. Qed.

(** Any kernel whose queried steps have probability 0 where the demonstrator's do. *)
Lemma live_preserved h s : live h -> (queried s = true -> demo M h (act s) <> 0) -> live (s :: h).
Proof.
  unfold live. intros Hh Hs. rewrite weight_step. destruct (queried s); [|lra].
  apply Rmult_lt_0_compat; [|exact Hh]. specialize (Hs eq_refl).
  pose proof (proj1 (member_semimeasure M WF d h (cover_index M d Co)) (act s)) as [H|H]; [exact H|].
  exfalso. apply Hs, (covers M d Co). symmetry; exact H.
Qed.

Lemma live_past h s : live (s :: h) -> live h.
Proof.
  unfold live. rewrite weight_step. intros H. pose proof (weight_nonneg M WF d h (cover_index M d Co)) as [|E];
    [assumption|]. rewrite <- E in H. lra.
Qed.

Lemma path_sum_le f g h : live h -> (forall h, live h -> f h <= g h) -> path_sum f h <= path_sum g h.
Proof.
  intros Hh H. induction h as [|s h IH]; cbn [path_sum]; [lra|]. apply live_past in Hh.
  specialize (H h Hh). specialize (IH Hh). lra.
Qed.

Lemma imitator_stochastic : stochastic M imitator_kernel live.
Proof.
  split.
  - intros; apply imitator_kernel_nonneg.
  - intros; apply imitator_kernel_total.
  - intros h s Hh _ Hs. apply live_preserved; [exact Hh|]. intros Hq E. apply Hs.
    unfold imitator_kernel. rewrite Hq, E. ring.
Qed.

Lemma ratio_nonneg i h : (i < size M)%nat -> live h -> 0 <= ratio M d i h.
Proof.
  intros Hi Hh. apply Rmult_le_pos; [apply weight_nonneg; assumption|].
  left. apply Rinv_0_lt_compat, Hh.
Qed.

(** An answer multiplies [z_i] by [r_i(a)]; without a query it stays. *)
Lemma ratio_step i h s :
  live h -> (queried s = true -> demo M h (act s) <> 0) ->
  ratio M d i (s :: h)
  = ratio M d i h * (if queried s then member M i h (act s) / member M d h (act s) else 1).
Proof.
  unfold live, ratio. intros Hh Hs. rewrite !weight_step. destruct (queried s).
  - specialize (Hs eq_refl). assert (member M d h (act s) <> 0).
    { intros E. apply Hs, (covers M d Co), E. }
    field. lra.
  - field. lra.
Qed.

(** So the expectation, after a step, of any function of [z_i]. *)
Lemma ratio_expectation i h (f : R -> R) : live h ->
  ∑ s ∈ steps M, imitator_kernel h s * f (ratio M d i (s :: h))
  = (1 - theta M h) * f (ratio M d i h)
    + theta M h * ∑ a ∈ actions M, demo M h a * f (ratio M d i h * (member M i h a / member M d h a)).
Proof.
  intros Hh. set (g := fun (q : bool) a =>
    f (ratio M d i h * (if q then member M i h a / member M d h a else 1))).
  transitivity (∑ s ∈ steps M, imitator_kernel h s * g (queried s) (act s)).
  - apply Sum_ext. intros s _. destruct (Req_dec (imitator_kernel h s) 0) as [Z|Z]; [rewrite Z; ring|].
    rewrite (ratio_step i h s Hh); [reflexivity|].
    intros Hq E. apply Z. unfold imitator_kernel. rewrite Hq, E. ring.
  - rewrite (imitator_kernel_step h g). f_equal. unfold g. rewrite Rmult_1_r, Sum_scal_r.
    rewrite (imitator_sum M h : Sum (actions M) (imitator M h) = _). reflexivity.
Qed.
End Laws.
