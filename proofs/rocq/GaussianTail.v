(** T7 and T7a: the bound on events decays like a Gaussian in the logarithm of the demonstrator's probability. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law RootLemma QueryCubes Retention Divergence
  Marginal Events Baseline Tails Countable.
Import ListNotations.
Open Scope R_scope.

Lemma exp_le x y : x <= y -> exp x <= exp y.
Proof. intros [H|H]; [left; apply exp_increasing, H|rewrite H; lra]. Qed.

Lemma exp_convex_3 b u v w : 0 <= b <= 1 / 2 ->
  exp (b * u + b * v + (1 - 2 * b) * w) <= b * exp u + b * exp v + (1 - 2 * b) * exp w.
Proof.
  intros Hb. pose proof (exp_convex [(b, u); (b, v); (1 - 2 * b, w)] fst snd) as H. simpl in H.
  rewrite !Rplus_0_r in H. rewrite !Rplus_assoc in *. apply H; [|lra].
  intros x [<-|[<-|[<-|[]]]]; simpl; lra.
Qed.

Section T7.
Context {A O : Type}.
Variable M : model A O.
Variable d : nat.
Hypothesis WF : well_formed M.
Hypothesis Re : realizable M d.
Hypothesis Blind : query_blind M.

(** ** The likelihood ratio of the guarded imitator along a history *)

Definition likelihood (h : history A O) (a : A) : R := guarded_action M d h a / demo M h a.

(** Its inverse, 0 where an action has no probability. *)
Definition unlikelihood (h : history A O) (a : A) : R :=
  if Req_EM_T (guarded_action M d h a) 0 then 0 else demo M h a / guarded_action M d h a.

Notation Lam := (path_product likelihood).

(** On the histories that the guarded imitator reaches, both it and the weight of member [d] are positive. *)
Definition reached (h : history A O) : Prop := 0 < Lam h /\ live M d h.

Lemma guarded_action_pos h s : guarded_kernel M d h s <> 0 -> 0 < guarded_action M d h (act s).
Proof.
  unfold guarded_kernel, guarded_action, demo_kernel, imitator_kernel. intros Hk.
  pose proof (demo_nonneg M WF h (act s)). pose proof (imitator_nonneg M WF h (act s)).
  pose proof (theta_nonneg M WF h).
  assert (0 <= theta M h * demo M h (act s)) by (apply Rmult_le_pos; assumption).
  set (e := env M h (act s) (obs s)) in *.
  destruct (ever (out M d) h), (queried s).
  - destruct (Req_dec (demo M h (act s)) 0) as [E|E]; [exfalso; apply Hk; rewrite E; ring|lra].
  - exfalso. apply Hk. ring.
  - destruct (Req_dec (theta M h * demo M h (act s)) 0) as [E|E]; [exfalso; apply Hk; rewrite E; ring|lra].
  - destruct (Req_dec (imitator M h (act s)) 0) as [E|E]; [exfalso; apply Hk; rewrite E; ring|lra].
Qed.

Lemma demo_pos_of_guarded h a : 0 < guarded_action M d h a -> 0 < demo M h a.
Proof.
  intros Hg. pose proof (demo_nonneg M WF h a) as [H|H]; [exact H|]. exfalso.
  pose proof (guarded_action_continuous M d WF Re h a (eq_sym H)). lra.
Qed.

Lemma reached_stochastic : stochastic M (guarded_kernel M d) reached.
Proof.
  split.
  - intros; apply guarded_kernel_nonneg, WF.
  - intros h _. apply (kernel_total M _ _ (guarded_stochastic M d WF)). exact I.
  - intros h s [HL Hh] _ Hk. pose proof (guarded_action_pos h s Hk) as Hg.
    pose proof (demo_pos_of_guarded h (act s) Hg) as Hp. split.
    + simpl. apply Rmult_lt_0_compat; [exact HL|]. apply Rdiv_lt_0_compat; assumption.
    + apply (live_preserved M WF d Re); [exact Hh|]. intros _. lra.
Qed.

Lemma reached_start : reached [].
Proof. split; [simpl; lra|exact (live_start M WF d Re)]. Qed.

Lemma unlikelihood_nonneg h a : 0 <= unlikelihood h a.
Proof.
  unfold unlikelihood. destruct (Req_EM_T _ 0) as [E|E]; [lra|]. pose proof (guarded_action_nonneg M d WF h a).
  apply Rmult_le_pos; [apply demo_nonneg, WF|left; apply Rinv_0_lt_compat; lra].
Qed.

Lemma likelihood_nonneg h a : 0 <= likelihood h a.
Proof.
  unfold likelihood, Rdiv. pose proof (demo_nonneg M WF h a) as [Hp|Hp].
  - apply Rmult_le_pos; [apply guarded_action_nonneg, WF|left; apply Rinv_0_lt_compat, Hp].
  - rewrite (guarded_action_continuous M d WF Re h a (eq_sym Hp)). lra.
Qed.

Lemma inverse_likelihood h : reached h -> path_product unlikelihood h * Lam h = 1.
Proof.
  intros [HL _]. induction h as [|s h IH]; simpl in *; [ring|].
  pose proof (path_product_nonneg likelihood h likelihood_nonneg) as H0.
  assert (HLh : 0 < Lam h).
  { destruct H0 as [H0|H0]; [exact H0|]. rewrite <- H0 in HL. lra. }
  specialize (IH HLh).
  assert (Hg : guarded_action M d h (act s) <> 0).
  { intros E. unfold likelihood in HL. rewrite E in HL. unfold Rdiv in HL. lra. }
  pose proof (guarded_action_nonneg M d WF h (act s)).
  assert (Hp : 0 < demo M h (act s)) by (apply demo_pos_of_guarded; lra).
  assert (unlikelihood h (act s) * likelihood h (act s) = 1) as E.
  { unfold unlikelihood, likelihood. destruct (Req_EM_T _ 0); [contradiction|]. field. lra. }
  transitivity ((path_product unlikelihood h * Lam h) * (unlikelihood h (act s) * likelihood h (act s))); [ring|].
  rewrite IH, E. ring.
Qed.

(** (i) Events discounted by it are no likelier than under the demonstrator. *)
Lemma discounted_event T B :
  E_g M d T (fun h => path_product unlikelihood h * indicator (B (strip h))) <= P_d_event M T B.
Proof.
  pose proof (discounted_le M d WF Blind unlikelihood T (fun x => indicator (B x)) []) as D.
  simpl path_product in D. rewrite Rmult_1_l in D. apply D.
  - exact unlikelihood_nonneg.
  - intros h a. unfold unlikelihood. destruct (Req_EM_T _ 0) as [E|E]; [|right; field; exact E].
    rewrite Rmult_0_r. apply demo_nonneg, WF.
  - intros x. destruct (B x); simpl; lra.
Qed.

(** (ii) The ratio is paid by the chi-squared divergences. *)
Notation Q := (path_sum (step_chi_squared M d)).

Lemma likelihood_paid T : E_g M d T (fun h => Lam h * exp (- Q h)) <= 1.
Proof.
  pose proof (multiplicative_bound M _ _ (guarded_stochastic M d WF) T Lam
    (fun h => - step_chi_squared M d h) I) as P.
  eapply Rle_trans; [|apply P].
  - right. apply expect_ext. intros h. rewrite Rmult_comm. f_equal. f_equal.
    induction h as [|s h IH]; simpl; [ring|]. rewrite <- IH. ring.
  - intros h _. rewrite Ropp_involutive. simpl path_product.
    rewrite (Sum_ext (steps M) _ (fun s => Lam h * (guarded_kernel M d h s * likelihood h (act s))))
      by (intros; ring).
    rewrite Sum_scal, Rmult_comm. apply Rmult_le_compat_r.
    + exact (path_product_nonneg likelihood h likelihood_nonneg).
    + rewrite (guarded_kernel_ao M d h (fun a _ => likelihood h a)).
      rewrite (Sum_ext (actions M) _ (fun a => guarded_action M d h a * (guarded_action M d h a / demo M h a))).
      * pose proof (guarded_second_moment M d WF Re h). pose proof (exp_ineq1_le (step_chi_squared M d h)). lra.
      * intros a _. rewrite (Sum_ext (observations M) _ (fun o => (guarded_action M d h a * likelihood h a) * env M h a o))
          by (intros; ring). rewrite (Sum_env M WF). reflexivity.
Qed.

(** (iii) Which are paid by third powers. *)
Definition cubic : history A O -> R :=
  while_in M d (fun h => theta M h * ∑ i ∈ others M d, gain M d 3 i h).

Lemma chi_squared_le_cubic h v : 0 < v -> live M d h -> step_chi_squared M d h <= (v + cubic h / v) / 2.
Proof.
  intros Hv Hh. unfold step_chi_squared, cubic, while_in. destruct (ever (out M d) h) eqn:Ev.
  { unfold Rdiv. rewrite Rmult_0_l. lra. }
  apply not_ever_in_top in Ev. pose proof (G_gap M d WF Re h Ev) as EG.
  pose proof (gap_sum M d WF Re h Ev) as Eg. pose proof (theta_nonneg M WF h) as Ht. set (t := theta M h) in *.
  assert (HW : ∑ a ∈ actions M, demo M h a * gap M h a ^ 3 <= ∑ i ∈ others M d, gain M d 3 i h).
  { unfold gain. rewrite Sum_swap. apply Sum_le. intros a _. rewrite Sum_scal.
    destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
    apply Rmult_le_compat_l; [apply demo_nonneg, WF|].
    destruct (gap_attained M d WF Re h a Ev E) as (i & Hi & ->). rewrite (shortfall_fall M d Re).
    apply (top_payment_le M WF d Re (fun u => u ^ 3)); [|ring|exact Hh|exact Hi|exact E].
    intros; apply pow_le; assumption. }
  set (W := ∑ i ∈ others M d, gain M d 3 i h) in *.
  pose proof (pow2_ge_0 t) as Ht2.
  assert (HW0 : 0 <= W) by (apply Sum_nonneg; intros; apply gain_nonneg, WF).
  destruct Ht as [Ht|Ht].
  - assert (G M h <= ((v / t) * t + W / (v / t)) / 2) as L.
    { assert (Hk : 0 < v / t) by (apply Rdiv_lt_0_compat; assumption). set (k := v / t) in *.
      apply Rle_trans with ((k * t + (∑ a ∈ actions M, demo M h a * gap M h a ^ 3) / k) / 2).
      - rewrite EG, <- Eg at 1. unfold Rdiv. rewrite <- Sum_scal, <- Sum_scal_r, <- Sum_plus, <- Sum_scal_r.
        apply Sum_le. intros a _. destruct (Req_dec (demo M h a) 0) as [E|E]; [rewrite E; lra|].
        pose proof (gap_range M d WF Re h a Ev E) as Hg. set (x := gap M h a) in *.
        assert (0 <= demo M h a * (x * (k - x) ^ 2 * / k)).
        { apply Rmult_le_pos; [apply demo_nonneg, WF|]. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Hk].
          apply Rmult_le_pos; [lra|apply pow2_ge_0]. }
        replace (demo M h a * (x * (k - x) ^ 2 * / k))
          with (k * (demo M h a * x) - 2 * (demo M h a * x ^ 2) + demo M h a * x ^ 3 * / k) in H by (field; lra).
        lra.
      - apply (Rmult_le_compat_r (/ k)) in HW; [|left; apply Rinv_0_lt_compat, Hk]. unfold Rdiv. lra. }
    replace (v / t * t) with v in L by (field; lra). replace (W / (v / t)) with (t * W / v) in L by (field; lra). lra.
  - pose proof (G_le_theta M d WF Re h Ev) as HGt. fold t in HGt. rewrite <- Ht in *. unfold Rdiv. lra.
Qed.

Lemma chi_squared_sum_le h v : 0 < v -> live M d h -> Q h <= (v * INR (length h) + path_sum cubic h / v) / 2.
Proof.
  intros Hv. induction h as [|s h IH]; intros Hh; [simpl; unfold Rdiv; lra|].
  change (length (s :: h)) with (S (length h)). rewrite S_INR. cbn [path_sum].
  apply (live_past M WF d Re) in Hh. specialize (IH Hh). pose proof (chi_squared_le_cubic h v Hv Hh) as L.
  unfold Rdiv in *. lra.
Qed.

(** (iv) These have an exponential moment. *)
Lemma cubic_moment T : others M d <> [] ->
  E_g M d T (fun h => exp (path_sum cubic h / (4 * alternatives M d))) <= mean_over_alternatives M d Psi3.
Proof.
  intros Hne. pose proof (alternatives_pos M d Hne) as Hn.
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  rewrite (laws_agree_stopped M d WF).
  - eapply Rle_trans; [|apply (exponential_moment M d WF Re 3 (1 / 4) 4 ltac:(lra) Psi3_lemma T Hne)].
    apply (expect_le M _ _ St); [exact H0|]. intros h Hh. apply exp_le.
    replace (path_sum cubic h / (4 * alternatives M d)) with (1 / 4 / alternatives M d * path_sum cubic h) by (field; lra).
    apply Rmult_le_compat_l; [left; apply Rdiv_lt_0_compat; lra|].
    apply (path_sum_le M WF d Re); [exact Hh|]. intros g _. unfold cubic, while_in.
    destruct (ever _ g); [|lra]. apply Rmult_le_pos; [apply theta_nonneg, WF|].
    apply Sum_nonneg. intros; apply gain_nonneg, WF.
  - intros h s E. cbn [path_sum]. do 2 f_equal. unfold cubic, while_in. rewrite E. ring.
Qed.

(** ** T7 *)
Variable T : nat.
Variable B : list (A * O) -> bool.

Notation y := (P_d_event M T B).

Lemma guarded_event_twice : P_g_event M d T B <= 2 ^ T * y.
Proof.
  pose proof (discounted_le M d WF Blind (fun _ _ => / 2) T (fun x => indicator (B x)) []) as D.
  simpl path_product in D. rewrite Rmult_1_l in D.
  assert (E : forall h : history A O, path_product (fun _ _ => / 2) h = (/ 2) ^ length h).
  { induction h as [|s h IH]; simpl; [reflexivity|rewrite IH; ring]. }
  apply (Rmult_le_reg_l ((/ 2) ^ T)); [apply pow_lt; lra|].
  rewrite <- Rmult_assoc, <- Rpow_mult_distr, Rinv_l, pow1, Rmult_1_l by lra.
  eapply Rle_trans; [|apply D].
  - unfold P_g_event, E_g. rewrite <- expect_scal. apply (expect_le_at M _ _ (guarded_stochastic M d WF)); [exact I|].
    intros h _ Hl. rewrite E, Hl, Nat.add_0_r. lra.
  - intros; lra.
  - intros h a. pose proof (demo_nonneg M WF h a). pose proof (theta_le_1 M WF h). unfold guarded_action.
    destruct (ever (out M d) h) eqn:Ev; [lra|].
    pose proof (imitator_le_demo M d Re h a (not_ever_in_top M d h Ev)). nra.
  - intros x. destruct (B x); simpl; lra.
Qed.

(** The ratio at most [e^s]-paid: Cauchy and Schwarz. *)
Lemma paid_events s : 0 < y ->
  E_g M d T (fun h => if Rle_dec (Q h) s then indicator (B (strip h)) else 0) <= sqrt y * exp (s / 2).
Proof.
  intros Hy. set (r := sqrt y). assert (Hr : 0 < r) by (apply sqrt_lt_R0, Hy).
  assert (Er : r * r = y) by (apply sqrt_sqrt; lra).
  set (k := exp (s / 2) / r). assert (Hk : 0 < k) by (apply Rdiv_lt_0_compat; [apply exp_pos|exact Hr]).
  apply Rle_trans with (/ 2 * k * E_g M d T (fun h => path_product unlikelihood h * indicator (B (strip h)))
    + / 2 * (exp s / k) * E_g M d T (fun h => Lam h * exp (- Q h))).
  - unfold E_g. rewrite <- !expect_scal, <- expect_plus.
    apply (expect_le M _ _ reached_stochastic); [exact reached_start|]. intros h Hh.
    pose proof (inverse_likelihood h Hh) as Ei. destruct Hh as [HL _].
    pose proof (path_product_nonneg unlikelihood h unlikelihood_nonneg) as HU.
    set (U := path_product unlikelihood h) in *. set (L := Lam h) in *.
    assert (Hek : 0 < exp s / k) by (apply Rdiv_lt_0_compat; [apply exp_pos|exact Hk]).
    assert (0 <= L * exp (- Q h)) by (apply Rmult_le_pos; [lra|left; apply exp_pos]).
    assert (0 <= exp s / k * (L * exp (- Q h))) by (apply Rmult_le_pos; lra).
    assert (0 <= k * U) by (apply Rmult_le_pos; lra).
    unfold indicator. destruct (Rle_dec (Q h) s) as [Hs|Hs], (B (strip h)); try lra.
    assert (1 <= exp (s - Q h)) as He by (rewrite <- exp_0; apply exp_le; lra).
    assert (exp s / k * (L * exp (- Q h)) = L / k * exp (s - Q h)) as Ee.
    { unfold Rminus. rewrite exp_plus. field. lra. }
    assert (0 < L / k) by (apply Rdiv_lt_0_compat; assumption).
    assert (L / k <= L / k * exp (s - Q h)) by (rewrite <- (Rmult_1_r (L / k)) at 1; apply Rmult_le_compat_l; lra).
    assert (Eu : k * U * (L / k) = 1) by (transitivity (U * L); [field; lra|exact Ei]).
    assert (2 <= k * U + L / k); [|lra].
    pose proof (pow2_ge_0 (k * U - L / k)). apply Rnot_lt_le. intros Hlt.
    assert ((k * U + L / k) ^ 2 < 4); [nra|]. lra.
  - assert (Ek : k * (r * r) = r * exp (s / 2)) by (unfold k; field; lra).
    assert (Ek' : exp s / k = r * exp (s / 2)).
    { unfold k. replace s with (s / 2 + s / 2) at 1 by field. rewrite exp_plus. field.
      pose proof (exp_pos (s / 2)). lra. }
    pose proof (discounted_event T B) as D1. pose proof (likelihood_paid T) as D2.
    apply (Rmult_le_compat_l (/ 2 * k)) in D1; [|lra]. rewrite <- Er in D1.
    assert (0 <= / 2 * (exp s / k)) as H2 by (rewrite Ek'; apply Rmult_le_pos; [lra|apply Rmult_le_pos; [lra|left; apply exp_pos]]).
    apply (Rmult_le_compat_l _ _ _ H2) in D2. rewrite Ek' in *. fold r. lra.
Qed.

(** Hoelder's inequality for every exponent [b]. *)
Lemma guarded_event_exponent b : others M d <> [] -> 0 < y -> 0 < b < 1 / 2 ->
  P_g_event M d T B <= exp ((1 - 2 * b) * ln (mean_over_alternatives M d Psi3)
    + b * ln y + b ^ 2 * (alternatives M d * INR T) / (1 - 2 * b)).
Proof.
  intros Hne Hy Hb. pose proof (alternatives_pos M d Hne) as Hn. set (n := alternatives M d) in *.
  set (C := mean_over_alternatives M d Psi3). assert (HC : 0 < C) by apply exp_pos.
  set (D := exp _). assert (HD : 0 < D) by apply exp_pos.
  set (W := path_sum cubic).
  apply Rle_trans with (D * (b / y * E_g M d T (fun h => path_product unlikelihood h * indicator (B (strip h)))
    + (b * E_g M d T (fun h => Lam h * exp (- Q h))
       + (1 - 2 * b) / C * E_g M d T (fun h => exp (W h / (4 * n)))))).
  - unfold P_g_event, E_g. rewrite <- !expect_scal, <- !expect_plus, <- expect_scal.
    apply (expect_le_at M _ _ reached_stochastic); [exact reached_start|]. intros h Hh Hl.
    rewrite Nat.add_0_r in Hl. pose proof (inverse_likelihood h Hh) as Ei. destruct Hh as [HL Hh].
    pose proof (path_product_nonneg unlikelihood h unlikelihood_nonneg) as HU.
    set (U := path_product unlikelihood h) in *. set (L := Lam h) in *.
    assert (HbC : 0 < (1 - 2 * b) / C) by (apply Rdiv_lt_0_compat; lra).
    assert (0 <= (1 - 2 * b) / C * exp (W h / (4 * n))) by (apply Rmult_le_pos; [lra|left; apply exp_pos]).
    assert (0 <= b * (L * exp (- Q h))) by (repeat apply Rmult_le_pos; try lra; left; apply exp_pos).
    destruct (B (strip h)); cbn [indicator].
    2:{ rewrite Rmult_0_r, Rmult_0_r. apply Rmult_le_pos; lra. }
    rewrite Rmult_1_r.
    assert (EU : b / y * U = b * exp (- ln L - ln y)).
    { assert (exp (- ln L - ln y) = U / y) as ->; [|field; lra]. unfold Rminus.
      rewrite exp_plus, !exp_Ropp, !exp_ln by assumption. replace U with (/ L); [reflexivity|].
      apply (Rmult_eq_reg_r L); [|lra]. rewrite Ei. field. lra. }
    assert (EL : L * exp (- Q h) = exp (ln L - Q h)).
    { unfold Rminus. rewrite exp_plus, exp_ln by exact HL. reflexivity. }
    assert (EW : (1 - 2 * b) / C * exp (W h / (4 * n)) = (1 - 2 * b) * exp (W h / (4 * n) - ln C)).
    { unfold Rminus. rewrite exp_plus, exp_Ropp, exp_ln by exact HC. field. lra. }
    rewrite EU, EL, EW. rewrite <- Rplus_assoc.
    apply Rle_trans with (D * exp (b * (- ln L - ln y) + b * (ln L - Q h) + (1 - 2 * b) * (W h / (4 * n) - ln C))).
    + unfold D. rewrite <- exp_plus. apply Rle_trans with (exp 0); [rewrite exp_0; lra|]. apply exp_le.
      pose proof (chi_squared_sum_le h (2 * n * b / (1 - 2 * b))) as HQ. rewrite Hl in HQ.
      assert (Hv : 0 < 2 * n * b / (1 - 2 * b)) by (apply Rdiv_lt_0_compat; nra).
      specialize (HQ Hv Hh). fold (W h) in HQ.
      apply (Rmult_le_compat_l b) in HQ; [|lra].
      replace (b * ((2 * n * b / (1 - 2 * b) * INR T + W h / (2 * n * b / (1 - 2 * b))) / 2))
        with (b ^ 2 * (n * INR T) / (1 - 2 * b) + (1 - 2 * b) * (W h / (4 * n))) in HQ by (field; lra).
      lra.
    + apply Rmult_le_compat_l; [lra|]. apply exp_convex_3. lra.
  - rewrite <- (Rmult_1_r D) at 2. apply Rmult_le_compat_l; [lra|].
    pose proof (discounted_event T B) as D1. pose proof (likelihood_paid T) as D2.
    pose proof (cubic_moment T Hne) as D3. fold n W C in D3.
    assert (Hby : 0 <= b / y) by (left; apply Rdiv_lt_0_compat; lra).
    assert (HbC : 0 <= (1 - 2 * b) / C) by (left; apply Rdiv_lt_0_compat; lra).
    apply (Rmult_le_compat_l _ _ _ Hby) in D1. apply (Rmult_le_compat_l _ _ _ HbC) in D3.
    apply (Rmult_le_compat_l b) in D2; [|lra].
    replace (b / y * y) with b in D1 by (field; lra).
    replace ((1 - 2 * b) / C * C) with (1 - 2 * b) in D3 by (field; lra). lra.
Qed.

(** Without a query there is nothing to pay. *)
Lemma no_queries h : alternatives M d * INR (length h) = 0 -> live M d h -> Q h <= 0.
Proof.
  intros E. destruct h as [|s h']; [intros _; simpl; lra|]. set (h := s :: h') in *.
  assert (Hl : 0 < INR (length h)) by (apply lt_0_INR; simpl; lia).
  assert (Ho : others M d = []).
  { destruct (list_eq_dec Nat.eq_dec (others M d) []) as [H|H]; [exact H|].
    pose proof (alternatives_pos M d H). nra. }
  intros Hh. rewrite <- (no_alternatives M d WF Re h Ho Hh).
  assert (Hz : forall g, live M d g -> G M g <= 0).
  { intros g Hg. pose proof (G_le_payments M WF d Re g Hg) as L. unfold payments in L. rewrite Ho in L. exact L. }
  apply (path_sum_le M WF d Re); [exact Hh|]. intros g Hg. specialize (Hz g Hg).
  pose proof (G_nonneg M WF g). assert (G M g = 0) as E0 by lra.
  unfold step_chi_squared, while_in. pose proof (pow2_ge_0 (theta M g)). destruct (ever _ g); rewrite E0; lra.
Qed.

Theorem T7_guarded : 0 < y < 1 ->
  P_g_event M d T B <= Rmin (Gaussian_bound M d (alternatives M d * INR T) (ln (1 / y))) (2 ^ T * y).
Proof.
  intros Hy. apply Rmin_glb; [|apply guarded_event_twice]. set (L := ln (1 / y)).
  assert (EL : ln y = - L) by (unfold L, Rdiv; rewrite Rmult_1_l, ln_Rinv by lra; ring).
  assert (HL : 0 < L).
  { unfold L. rewrite <- ln_1. apply ln_increasing; [lra|]. unfold Rdiv. rewrite Rmult_1_l.
    rewrite <- Rinv_1 at 1. apply Rinv_lt_contravar; lra. }
  unfold Gaussian_bound. set (m := alternatives M d * INR T).
  assert (Hm : 0 <= m) by (apply Rmult_le_pos; apply pos_INR).
  destruct Hm as [Hm|Hm].
  - assert (Hne : others M d <> []).
    { intros E. unfold m, alternatives in Hm. rewrite E in Hm. simpl in Hm. lra. }
    set (b := L / (2 * (m + L))).
    assert (Hb : 0 < b < 1 / 2).
    { split; [apply Rdiv_lt_0_compat; lra|]. unfold b. apply (Rmult_lt_reg_r (2 * (m + L))); [lra|].
      unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    eapply Rle_trans; [exact (guarded_event_exponent b Hne (proj1 Hy) Hb)|]. fold m.
    unfold Rpower. rewrite <- exp_plus, EL. right. f_equal. unfold b. field. lra.
  - rewrite <- Hm. unfold Rdiv at 1. rewrite Rmult_0_l. unfold Rpower. rewrite Rmult_0_l, exp_0, Rmult_1_l.
    apply Rle_trans with (sqrt y * exp (0 / 2)).
    + eapply Rle_trans; [|exact (paid_events 0 (proj1 Hy))]. unfold P_g_event, E_g.
      apply (expect_le_at M _ _ reached_stochastic); [exact reached_start|]. intros h [_ Hh] Hl.
      rewrite Nat.add_0_r in Hl. destruct (Rle_dec (Q h) 0) as [_|Hq]; [lra|]. exfalso. apply Hq.
      apply no_queries; [rewrite Hl; symmetry; exact Hm|exact Hh].
    + unfold Rdiv at 1. rewrite Rmult_0_l, exp_0, Rmult_1_r.
      replace (- (L ^ 2 / (4 * (0 + L)))) with (/ 4 * ln y) by (rewrite EL; field; lra).
      rewrite <- Rpower_sqrt by lra. unfold Rpower. apply exp_le. lra.
Qed.

Theorem T7_events : alpha M < 1 -> 0 < y < 1 ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
    + Rmin (Gaussian_bound M d (alternatives M d * INR T) (ln (1 / y))) (2 ^ T * y).
Proof.
  intros Ha Hy. pose proof (imitator_event_le M d WF T B). pose proof (T3_retention M WF d Re T Ha).
  pose proof (T7_guarded Hy). lra.
Qed.

(** ** T7a *)
Notation theta_G := (path_sum (while_in M d (fun h => theta M h * G M h))).

Lemma chi_squared_sum_le_root h c : 0 <= c -> theta_G h <= c -> Q h <= sqrt (INR (length h) * c).
Proof.
  intros Hc Hs. apply sqrt_from_all_c; [exact Hc|apply pos_INR|]. intros k Hk.
  assert (L : Q h <= (theta_G h / k + k * INR (length h)) / 2).
  { clear Hs. induction h as [|s h IH]; [simpl; unfold Rdiv; lra|].
    change (length (s :: h)) with (S (length h)). rewrite S_INR. cbn [path_sum].
    pose proof (step_chi_squared_bound M d WF Re h k Hk) as L. unfold Rdiv in *. lra. }
  apply (Rmult_le_compat_r (/ k)) in Hs; [|left; apply Rinv_0_lt_compat, Hk]. unfold Rdiv in *. lra.
Qed.

(** Markov's inequality, from T1. *)
Lemma many_theta_G c : 0 < c -> E_i M T (fun h => if Rle_dec (theta_G h) c then 0 else 1) <= S_bound M d / c.
Proof.
  intros Hc. pose proof (T1_theta_G M WF d Re T) as H1.
  pose proof (imitator_stochastic M WF d Re) as St. pose proof (live_start M WF d Re) as H0.
  apply Rle_trans with (/ c * E_i M T (path_sum (fun h => theta M h * G M h))).
  - unfold E_i. rewrite <- expect_scal. apply (expect_le M _ _ St); [exact H0|]. intros h Hh.
    assert (Hpos : forall g, 0 <= theta M g * G M g).
    { intros g. apply Rmult_le_pos; [apply theta_nonneg, WF|apply G_nonneg, WF]. }
    assert (L : theta_G h <= path_sum (fun h => theta M h * G M h) h).
    { apply (path_sum_le M WF d Re); [exact Hh|]. intros g _. unfold while_in. specialize (Hpos g).
      destruct (ever _ g); lra. }
    assert (0 <= path_sum (fun h => theta M h * G M h) h).
    { clear - Hpos. induction h as [|s h IH]; cbn [path_sum]; [lra|]. specialize (Hpos h). lra. }
    pose proof (Rinv_0_lt_compat c Hc). destruct (Rle_dec (theta_G h) c); [apply Rmult_le_pos; lra|].
    apply (Rmult_le_reg_l c); [exact Hc|]. rewrite <- Rmult_assoc, Rinv_r; lra.
  - unfold Rdiv. rewrite Rmult_comm. apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|exact H1].
Qed.

(** T7a: no number of alternatives comes in, other than by [S]. *)
Theorem T7a_events c : alpha M < 1 -> 0 < c ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
    + (S_bound M d / c + sqrt y * exp (sqrt (INR T * c) / 2)).
Proof.
  intros Ha Hc. pose proof (T3_retention M WF d Re T Ha) as H3. pose proof (many_theta_G c Hc) as HM.
  pose proof (imitator_stochastic_always M WF) as Si. set (W := theta_G) in *.
  assert (Hy : 0 <= y).
  { apply (expect_nonneg M _ _ (demo_stochastic M WF)); [exact I|]. intros h _. apply indicator_range. }
  destruct Hy as [Hy|Hy].
  - pose proof (paid_events (sqrt (INR T * c)) Hy) as HP.
    set (f := fun h => if Rle_dec (W h) c then indicator (B (strip h)) else 0).
    assert (Hsplit : P_i_event M T B <= E_i M T (while_in M d f)
      + (exclusion M d T + E_i M T (fun h => if Rle_dec (W h) c then 0 else 1))).
    { unfold exclusion, P_i_event, E_i. rewrite <- !expect_plus.
      apply (expect_le M _ _ Si); [exact I|]. intros h _. unfold while_in, f, indicator.
      destruct (ever (out M d) h), (Rle_dec (W h) c), (B (strip h)); lra. }
    assert (E_i M T (while_in M d f) <= sqrt y * exp (sqrt (INR T * c) / 2)); [|lra].
    rewrite <- laws_agree by exact WF. eapply Rle_trans; [|exact HP].
    apply (expect_le_at M _ _ (guarded_stochastic M d WF)); [exact I|]. intros h _ Hl. rewrite Nat.add_0_r in Hl.
    pose proof (indicator_range (B (strip h))). unfold while_in, f.
    destruct (ever (out M d) h); [destruct (Rle_dec (Q h) _); lra|].
    destruct (Rle_dec (W h) c) as [Hs|Hs]; [|destruct (Rle_dec (Q h) _); lra].
    pose proof (chi_squared_sum_le_root h c (Rlt_le _ _ Hc) Hs) as L. rewrite Hl in L.
    destruct (Rle_dec (Q h) _); [lra|contradiction].
  - pose proof (T5_null_event M d WF Re Blind T B Ha (eq_sym Hy)) as HN. rewrite <- Hy, sqrt_0, Rmult_0_l.
    assert (0 <= S_bound M d / c); [|lra]. apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat, Hc].
    exact (Phi_nonneg M WF d [] (live_start M WF d Re)).
Qed.

(** ... with [c = L^2/(4T)]: about the square of T5's second term, and a fourth root. *)
Theorem T7a_square : alpha M < 1 -> (0 < T)%nat -> 0 < y < 1 ->
  P_i_event M T B <= (1 / prior M d - 1) / (1 / alpha M - 1)
    + (4 * INR T * S_bound M d / ln (1 / y) ^ 2 + Rpower y (1 / 4)).
Proof.
  intros Ha HT Hy. set (L := ln (1 / y)). assert (HT' : 0 < INR T) by (apply lt_0_INR, HT).
  assert (EL : ln y = - L) by (unfold L, Rdiv; rewrite Rmult_1_l, ln_Rinv by lra; ring).
  assert (HL : 0 < L).
  { enough (ln y < ln 1) by (rewrite ln_1 in *; lra). apply ln_increasing; lra. }
  set (c := L ^ 2 / (4 * INR T)).
  assert (Hc : 0 < c) by (apply Rdiv_lt_0_compat; [apply pow_lt, HL|lra]).
  pose proof (T7a_events c Ha Hc) as H.
  replace (INR T * c) with ((L / 2) ^ 2) in H by (unfold c; field; lra). rewrite sqrt_pow2 in H by lra.
  replace (S_bound M d / c) with (4 * INR T * S_bound M d / L ^ 2) in H by (unfold c; field; lra).
  replace (sqrt y * exp (L / 2 / 2)) with (Rpower y (1 / 4)) in H; [exact H|].
  rewrite <- Rpower_sqrt by lra. unfold Rpower. rewrite <- exp_plus, EL. f_equal. field.
Qed.
End T7.

(** T7a for a countable class and any bound on the [S] of its truncations: its learner is that of a late one. *)
Section Countable.
Context {A O : Type}.
Variable C : model A O.
Variable d : nat.
Hypothesis WF : forall n, well_formed (truncate C n).
Hypothesis demo_member : forall h a, member C d h a = demo C h a.
Hypothesis Blind : query_blind C.

Theorem T7a_countable m bound T B c : countable_imitator C d m ->
  (forall n, (d < n)%nat -> S_bound (truncate C n) d <= bound) -> alpha C < 1 -> 0 < c ->
  E_countable C m T (fun h => indicator (B (strip h)))
  <= (1 / prior C d - 1) / (1 / alpha C - 1) + (bound / c + sqrt (P_d_event C T B) * exp (sqrt (INR T * c) / 2)).
Proof.
  intros Hm HS Ha Hc.
  destruct (truncation_law C d WF demo_member m T (fun h => indicator (B (strip h))) Hm) as (N & HN).
  set (n := (N + S d)%nat). assert (Hn : (d < n)%nat) by (unfold n; lia).
  rewrite (HN n ltac:(unfold n; lia) Hn).
  pose proof (T7a_events (truncate C n) d (WF n) (truncation_realizable C d demo_member n Hn)
    (Build_query_blind _ _ (truncate C n) (demo_blind C Blind) (env_blind C Blind)) T B c Ha Hc) as H.
  assert (S_bound (truncate C n) d / c <= bound / c) as Hb.
  { apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat, Hc|exact (HS n Hn)]. }
  change (P_d_event (truncate C n) T B) with (P_d_event C T B) in H.
  change (prior (truncate C n) d) with (prior C d) in H. change (alpha (truncate C n)) with (alpha C) in H.
  unfold P_i_event in H. lra.
Qed.
End Countable.
