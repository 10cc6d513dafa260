(** W1: T1a is within a factor 3 of the best possible. For every [alpha < 1/2] and every number [R] of rounds there is
    a class with [E sum theta^3 = R + 1 = (1/w_d - 1)/tau] exactly. *)
From Coq Require Import Reals List Bool Arith Lra Lia Psatz.
From ExactCBIL Require Import Sums Learner Law QueryCubes.
Import ListNotations.
Open Scope R_scope.

Inductive sym : Type := Zero | One | X.

Definition same (a b : sym) : bool :=
  match a, b with Zero, Zero | One, One | X, X => true | _, _ => false end.

Section W1.
Variable alpha0 : R.
Hypothesis alpha_lt_half : 0 < alpha0 < 1 / 2.
Variable rounds : nat.

Definition chain_tau : R := alpha0 / (1 - alpha0).
Definition w_demo : R := / (1 + chain_tau * (INR rounds + 1)).

(** A fair coin; [X] has probability 0. *)
Definition coin (a : sym) : R := match a with X => 0 | _ => 1 / 2 end.
Definition point (b a : sym) : R := if same a b then 1 else 0.

(** Plays [X] in round 0, then agrees with the demonstrator. *)
Definition starter (h : history sym unit) (a : sym) : R :=
  if Nat.eqb (length h) 0 then point X a else coin a.

(** Plays [b] for sure in round [j], [X] in round [j+1], and agrees with the demonstrator elsewhere. *)
Definition link (j : nat) (b : sym) (h : history sym unit) (a : sym) : R :=
  if Nat.eqb (length h) j then point b a
  else if Nat.eqb (length h) (S j) then point X a
  else coin a.

(** Class order: demonstrator, starter, links [(0, Zero) .. (R-1, Zero)], links [(0, One) .. (R-1, One)]. *)
Definition chain_member (i : nat) : policy sym unit :=
  if Nat.eqb i 0 then fun _ => coin
  else if Nat.eqb i 1 then starter
  else if Nat.ltb i (2 + rounds) then link (i - 2) Zero
  else link (i - 2 - rounds) One.

Definition chain_prior (i : nat) : R :=
  if Nat.eqb i 0 then w_demo
  else if Nat.eqb i 1 then chain_tau * w_demo
  else chain_tau / 2 * w_demo.

Definition chain_model : model sym unit :=
  {| actions := [Zero; One; X]; observations := [tt]; size := 2 + (rounds + rounds);
     prior := chain_prior; member := chain_member; demo := fun _ => coin;
     env := fun _ _ _ => 1; alpha := alpha0 |}.

Lemma chain_tau_range : 0 < chain_tau < 1.
Proof.
  unfold chain_tau. split; [apply Rdiv_lt_0_compat; lra|].
  apply (Rmult_lt_reg_r (1 - alpha0)); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma w_demo_pos : 0 < w_demo.
Proof.
  pose proof chain_tau_range. pose proof (pos_INR rounds). apply Rinv_0_lt_compat. nra.
Qed.

Lemma chain_prior_sum : ∑ i ∈ (seq 0 (2 + (rounds + rounds))), chain_prior i = 1.
Proof.
  pose proof chain_tau_range. pose proof (pos_INR rounds).
  change (seq 0 (2 + (rounds + rounds))) with (0%nat :: 1%nat :: seq 2 (rounds + rounds)).
  cbn [Sum]. rewrite (Sum_ext (seq 2 _) _ (fun _ => chain_tau / 2 * w_demo)).
  - rewrite Sum_const, seq_length, plus_INR. unfold chain_prior. simpl. unfold w_demo. field. nra.
  - intros i Hi. apply in_seq in Hi. unfold chain_prior.
    destruct (Nat.eqb_spec i 0); [lia|]. destruct (Nat.eqb_spec i 1); [lia|]. reflexivity.
Qed.

Lemma point_measure b : measure [Zero; One; X] (point b).
Proof. split; [intros a; unfold point; destruct (same a b); lra|destruct b; unfold point; simpl; lra]. Qed.

Lemma coin_measure : measure [Zero; One; X] coin.
Proof. split; [intros []; simpl; lra|simpl; lra]. Qed.

Lemma measure_semimeasure {Y} (l : list Y) f : measure l f -> semimeasure l f.
Proof. intros [H E]. split; [exact H|]. rewrite E. lra. Qed.

Lemma starter_measure h : measure [Zero; One; X] (starter h).
Proof.
  unfold starter. destruct (Nat.eqb (length h) 0); [apply point_measure|apply coin_measure].
Qed.

Lemma link_measure j b h : measure [Zero; One; X] (link j b h).
Proof.
  unfold link. destruct (Nat.eqb (length h) j); [apply point_measure|].
  destruct (Nat.eqb (length h) (S j)); [apply point_measure|apply coin_measure].
Qed.

Lemma chain_well_formed : well_formed chain_model.
Proof.
  pose proof chain_tau_range as Ht. pose proof w_demo_pos as Hw. split.
  - simpl. lra.
  - intros i _. simpl. unfold chain_prior.
    destruct (Nat.eqb i 0); [lra|]. destruct (Nat.eqb i 1); [nra|]. apply Rmult_lt_0_compat; lra.
  - right. exact chain_prior_sum.
  - intros i h _. apply measure_semimeasure. simpl. unfold chain_member.
    destruct (Nat.eqb i 0); [apply coin_measure|]. destruct (Nat.eqb i 1); [apply starter_measure|].
    destruct (Nat.ltb i _); apply link_measure.
  - intros h. apply coin_measure.
  - intros h a. simpl. split; [intros; lra|simpl; lra].
Qed.

Lemma chain_realizable : realizable chain_model 0.
Proof. split; [simpl; lia|reflexivity]. Qed.

(** Histories of answers [Zero] or [One], every step asked. *)
Fixpoint good (h : history sym unit) : Prop :=
  match h with
  | [] => True
  | s :: past => queried s = true /\ act s <> X /\ good past
  end.

Lemma coin_not_X a : a <> X -> coin a = 1 / 2.
Proof. destruct a; simpl; congruence. Qed.

Lemma point_X a : a <> X -> point X a = 0.
Proof. destruct a; unfold point; simpl; congruence. Qed.

Lemma evidence_demo h : good h -> evidence (fun _ => coin) h = (1 / 2) ^ length h.
Proof.
  induction h as [|s past IH]; [reflexivity|]. intros (Hq & Ha & Hg). simpl.
  rewrite Hq, (IH Hg), (coin_not_X _ Ha). reflexivity.
Qed.

Lemma evidence_starter h : good h -> evidence starter h = (if Nat.eqb (length h) 0 then 1 else 0).
Proof.
  induction h as [|s past IH]; [reflexivity|]. intros (Hq & Ha & Hg). simpl.
  rewrite Hq, (IH Hg). unfold starter. destruct (Nat.eqb (length past) 0); [rewrite (point_X _ Ha)|]; ring.
Qed.

Definition answered (b : sym) (h : history sym unit) : bool :=
  match h with [] => false | s :: _ => same (act s) b end.

Lemma evidence_link j b h : good h ->
  evidence (link j b) h =
    if Nat.leb (length h) j then (1 / 2) ^ length h
    else if Nat.eqb (length h) (S j) then (if answered b h then (1 / 2) ^ j else 0)
    else 0.
Proof.
  induction h as [|s past IH]; [reflexivity|]. intros (Hq & Ha & Hg).
  cbn [evidence]. rewrite Hq, (IH Hg). cbn [length answered]. unfold link.
  destruct (Nat.eqb_spec (length past) j) as [E|E].
  - rewrite E, Nat.leb_refl, Nat.eqb_refl.
    destruct (Nat.leb_spec (S j) j); [lia|]. unfold point. destruct (same (act s) b); ring.
  - destruct (Nat.eqb_spec (length past) (S j)) as [E'|E'].
    + rewrite (point_X _ Ha). rewrite E'.
      destruct (Nat.leb_spec (S (S j)) j); [lia|]. destruct (Nat.eqb_spec (S (S j)) (S j)); [lia|]. ring.
    + destruct (Nat.leb_spec (length past) j), (Nat.leb_spec (S (length past)) j); try lia.
      * rewrite (coin_not_X _ Ha). reflexivity.
      * destruct (Nat.eqb_spec (S (length past)) (S j)); [lia|]. ring.
Qed.

(** The one alternative that is at the threshold. *)
Definition special (h : history sym unit) : nat :=
  match h with
  | [] => 1%nat
  | s :: past => match act s with One => 2 + rounds + length past | _ => 2 + length past end
  end.

Definition unit_weight (h : history sym unit) : R := w_demo * (1 / 2) ^ length h.

Lemma unit_weight_pos h : 0 < unit_weight h.
Proof. apply Rmult_lt_0_compat; [apply w_demo_pos|apply pow_lt; lra]. Qed.

Lemma weight_demo h : good h -> weight chain_model 0 h = unit_weight h.
Proof. intros Hg. unfold weight, unit_weight. simpl. unfold chain_prior, chain_member. simpl. rewrite evidence_demo by exact Hg. reflexivity. Qed.

Lemma weight_starter h : good h ->
  weight chain_model 1 h = (if Nat.eqb (length h) 0 then chain_tau * unit_weight h else 0).
Proof.
  intros Hg. unfold weight, unit_weight. simpl. unfold chain_prior, chain_member. simpl.
  rewrite evidence_starter by exact Hg. destruct (Nat.eqb_spec (length h) 0) as [E|E]; [rewrite E; simpl|]; ring.
Qed.

Lemma weight_link i j b h : good h -> (2 <= i)%nat -> chain_member i = link j b ->
  weight chain_model i h =
    if Nat.leb (length h) j then chain_tau / 2 * unit_weight h
    else if Nat.eqb (length h) (S j) then (if answered b h then chain_tau * unit_weight h else 0)
    else 0.
Proof.
  intros Hg Hi Em. unfold weight, unit_weight. simpl. rewrite Em, (evidence_link j b h Hg).
  unfold chain_prior. destruct (Nat.eqb_spec i 0); [lia|]. destruct (Nat.eqb_spec i 1); [lia|].
  destruct (Nat.leb (length h) j); [ring|].
  destruct (Nat.eqb_spec (length h) (S j)) as [E|]; [|ring]. rewrite E. destruct (answered b h); simpl; field.
Qed.

Lemma member_zero i : (2 <= i < 2 + rounds)%nat -> chain_member i = link (i - 2) Zero.
Proof.
  intros Hi. unfold chain_member. destruct (Nat.eqb_spec i 0); [lia|]. destruct (Nat.eqb_spec i 1); [lia|].
  destruct (Nat.ltb_spec i (2 + rounds)); [reflexivity|lia].
Qed.

Lemma member_one i : (2 + rounds <= i)%nat -> chain_member i = link (i - 2 - rounds) One.
Proof.
  intros Hi. unfold chain_member. destruct (Nat.eqb_spec i 0); [lia|]. destruct (Nat.eqb_spec i 1); [lia|].
  destruct (Nat.ltb_spec i (2 + rounds)); [lia|reflexivity].
Qed.

Lemma special_range h : (length h <= rounds)%nat -> (1 <= special h < 2 + (rounds + rounds))%nat.
Proof. destruct h as [|s past]; simpl; [lia|]. intros H. destruct (act s); lia. Qed.

Lemma special_member h s past : h = s :: past -> good h -> (length h <= rounds)%nat ->
  chain_member (special h) = link (length past) (act s).
Proof.
  intros -> (_ & Ha & _) Hl. simpl in Hl. cbn [special]. destruct (act s) eqn:E; [| |congruence].
  - rewrite member_zero by lia. f_equal. lia.
  - rewrite member_one by lia. f_equal. lia.
Qed.

Lemma weight_special h : good h -> (length h <= rounds)%nat ->
  weight chain_model (special h) h = chain_tau * unit_weight h.
Proof.
  intros Hg Hl. destruct h as [|s past]; [apply (weight_starter [] I)|].
  rewrite (weight_link _ (length past) (act s)); [|exact Hg| |apply (special_member _ s past eq_refl Hg Hl)].
  - cbn [length answered]. destruct (Nat.leb_spec (S (length past)) (length past)); [lia|].
    rewrite Nat.eqb_refl. destruct (act s); reflexivity.
  - cbn [special]. destruct (act s); lia.
Qed.

(** Every other alternative is lighter. *)
Lemma weight_other i h : good h -> (length h <= rounds)%nat -> (i < 2 + (rounds + rounds))%nat ->
  i <> 0%nat -> i <> special h -> weight chain_model i h < chain_tau * unit_weight h.
Proof.
  intros Hg Hl Hi H0 Hs. pose proof (unit_weight_pos h) as Hu. pose proof chain_tau_range as Ht.
  assert (Hp : 0 < chain_tau * unit_weight h) by (apply Rmult_lt_0_compat; lra).
  destruct (Nat.eq_dec i 1) as [->|H1].
  - rewrite (weight_starter h Hg). destruct h as [|s past]; [exfalso; apply Hs; reflexivity|]. simpl. exact Hp.
  - assert (exists j b, chain_member i = link j b /\ ((b = Zero /\ i = 2 + j)%nat \/ (b = One /\ i = 2 + rounds + j)%nat))
      as (j & b & Em & Hij).
    { destruct (le_lt_dec (2 + rounds) i).
      - exists (i - 2 - rounds)%nat, One. split; [apply member_one; lia|right; split; [reflexivity|lia]].
      - exists (i - 2)%nat, Zero. split; [apply member_zero; lia|left; split; [reflexivity|lia]]. }
    rewrite (weight_link i j b h Hg ltac:(lia) Em).
    destruct (Nat.leb (length h) j); [lra|].
    destruct (Nat.eqb_spec (length h) (S j)) as [E|E]; [|exact Hp].
    destruct (answered b h) eqn:Ea; [|exact Hp]. exfalso. destruct h as [|s past]; [discriminate|].
    simpl in E, Ea. injection E as E. destruct Hg as (_ & Ha & _). apply Hs. simpl.
    destruct Hij as [[-> ->]|[-> ->]]; destruct (act s); simpl in Ea; try discriminate; lia.
Qed.

Lemma Sum_at_most l k c : NoDup l -> 0 <= c -> ∑ i ∈ l, (if Nat.eqb i k then c else 0) <= c.
Proof.
  intros Hnd Hc. destruct (in_dec Nat.eq_dec k l) as [Hin|Hin].
  - rewrite (Sum_eq_single l _ k); auto; [rewrite Nat.eqb_refl; lra|].
    intros y _ Hy. apply Nat.eqb_neq in Hy. rewrite Hy. reflexivity.
  - rewrite Sum_all_zero; [exact Hc|]. intros y Hy. destruct (Nat.eqb_spec y k) as [->|]; [contradiction|reflexivity].
Qed.

Lemma special_in_top h : good h -> (length h <= rounds)%nat -> In (special h) (top chain_model h).
Proof.
  intros Hg Hl. pose proof (unit_weight_pos h) as Hu. pose proof chain_tau_range as Ht.
  pose proof (special_range h Hl) as Hr.
  apply (top_intro chain_model chain_well_formed); [simpl; lia| |].
  - rewrite weight_special by assumption. apply Rmult_lt_0_compat; lra.
  - rewrite weight_special by assumption. set (u := unit_weight h) in *.
    apply Rle_trans with (alpha0 * (u + chain_tau * u)).
    + simpl (alpha chain_model). apply Rmult_le_compat_l; [lra|].
      apply Rle_trans with (∑ i ∈ members chain_model,
        ((if Nat.eqb i 0 then u else 0) + (if Nat.eqb i (special h) then chain_tau * u else 0))).
      * apply Sum_le. intros i Hi. apply In_members in Hi. simpl in Hi.
        destruct (Nat.eqb_spec i 0) as [->|H0].
        { rewrite weight_demo by exact Hg. fold u. destruct (Nat.eqb 0 (special h)), (Rleb _ _); nra. }
        destruct (Nat.eqb_spec i (special h)) as [->|H1].
        { rewrite weight_special by assumption. fold u. destruct (Rleb _ _); nra. }
        pose proof (weight_other i h Hg Hl Hi H0 H1) as Hlt. fold u in Hlt.
        destruct (Rleb (chain_tau * u) (weight chain_model i h)) eqn:E; [|lra].
        apply Rleb_true in E. lra.
      * rewrite Sum_plus. apply Rplus_le_compat; apply Sum_at_most; try apply seq_NoDup; nra.
    + right. unfold chain_tau. field. lra.
Qed.

Lemma demo_in_top h : good h -> (length h <= rounds)%nat -> In 0%nat (top chain_model h).
Proof.
  intros Hg Hl. pose proof (unit_weight_pos h) as Hu. pose proof chain_tau_range as Ht.
  apply (top_intro chain_model chain_well_formed); [simpl; lia|rewrite weight_demo by exact Hg; exact Hu|].
  rewrite weight_demo by exact Hg. set (u := unit_weight h) in *.
  apply Rle_trans with (alpha0 * u); [|nra]. simpl (alpha chain_model). apply Rmult_le_compat_l; [lra|].
  apply Rle_trans with (∑ i ∈ members chain_model, (if Nat.eqb i 0 then u else 0));
    [|apply Sum_at_most; [apply seq_NoDup|lra]].
  apply Sum_le. intros i Hi. apply In_members in Hi. simpl in Hi.
  destruct (Nat.eqb_spec i 0) as [->|H0].
  { rewrite weight_demo by exact Hg. fold u. destruct (Rleb _ _); lra. }
  assert (weight chain_model i h < u) as Hlt.
  { destruct (Nat.eq_dec i (special h)) as [->|H1].
    - rewrite weight_special by assumption. fold u. nra.
    - pose proof (weight_other i h Hg Hl Hi H0 H1) as Hlt. fold u in Hlt. nra. }
  destruct (Rleb u (weight chain_model i h)) eqn:E; [apply Rleb_true in E|]; lra.
Qed.

(** What the special alternative plays. *)
Lemma special_plays_X h a : good h -> (length h <= rounds)%nat ->
  a <> X -> chain_member (special h) h a = 0.
Proof.
  intros Hg Hl Ha. destruct h as [|s past].
  - change (starter [] a = 0). unfold starter. simpl. apply point_X, Ha.
  - rewrite (special_member _ s past eq_refl Hg Hl). unfold link. cbn [length].
    destruct (Nat.eqb_spec (S (length past)) (length past)); [lia|]. rewrite Nat.eqb_refl. apply point_X, Ha.
Qed.

Lemma imitator_zero h a : good h -> (length h <= rounds)%nat -> imitator chain_model h a = 0.
Proof.
  intros Hg Hl. apply Rle_antisym; [|apply imitator_nonneg, chain_well_formed].
  assert (Hnot : forall b, b <> X -> imitator chain_model h b <= 0).
  { intros b Hb. apply Rle_trans with (member chain_model (special h) h b).
    - apply imitator_le, special_in_top; assumption.
    - right. exact (special_plays_X h b Hg Hl Hb). }
  destruct a; [apply Hnot; discriminate|apply Hnot; discriminate|]. exact (imitator_le chain_model 0 h X (demo_in_top h Hg Hl)).
Qed.

Lemma theta_one h : good h -> (length h <= rounds)%nat -> theta chain_model h = 1.
Proof.
  intros Hg Hl. unfold theta. rewrite Sum_all_zero; [ring|]. intros a _. apply imitator_zero; assumption.
Qed.

Lemma chain_expect t h : good h -> (length h + t <= rounds)%nat ->
  expect chain_model (imitator_kernel chain_model) t h (fun g => theta chain_model g ^ 3) = 1.
Proof.
  revert h. induction t as [|t IH]; intros h Hg Hl.
  - simpl expect. rewrite theta_one by (auto; lia). ring.
  - cbn [expect]. rewrite <- (imitator_kernel_total chain_model chain_well_formed h).
    apply Sum_ext. intros s _.
    destruct (Req_dec (imitator_kernel chain_model h s) 0) as [Z|Z]; [rewrite Z; ring|].
    rewrite IH; [ring| |simpl; lia].
    assert (Hq : queried s = true).
    { destruct (queried s) eqn:E; [reflexivity|]. exfalso. apply Z. unfold imitator_kernel.
      rewrite E, (imitator_zero h _ Hg) by lia. ring. }
    split; [exact Hq|]. split; [|exact Hg]. intros E. apply Z. unfold imitator_kernel. rewrite Hq, E. simpl. ring.
Qed.

(** W1. *)
Theorem W1_chain_value :
  E_i chain_model (S rounds) (path_sum (fun h => theta chain_model h ^ 3)) = INR rounds + 1.
Proof.
  unfold E_i. rewrite (expect_path_sum chain_model _ _ (imitator_stochastic_always _ chain_well_formed)) by exact I.
  rewrite (Sum_ext _ _ (fun _ => 1)).
  - rewrite Sum_const, seq_length, S_INR. ring.
  - intros t Ht. apply in_seq in Ht. apply chain_expect; [exact I|simpl; lia].
Qed.

Lemma chain_tau_is_tau : tau chain_model = chain_tau.
Proof. unfold tau. simpl. destruct (Rle_dec alpha0 (1 / 2)); [reflexivity|lra]. Qed.

Theorem W1_chain_bound : (1 / prior chain_model 0 - 1) / tau chain_model = INR rounds + 1.
Proof.
  rewrite chain_tau_is_tau. pose proof chain_tau_range. pose proof (pos_INR rounds).
  simpl. unfold chain_prior. simpl. unfold w_demo.
  field. repeat split; apply Rgt_not_eq; nra.
Qed.
End W1.

(** W1 in one statement: for every [alpha < 1/2] and number of rounds there is a well-formed, realizable model whose
    query cubes are exactly a third of [S_lin]. *)
Theorem W1_chain (alpha0 : R) (rounds : nat) : 0 < alpha0 < 1 / 2 ->
  let M := chain_model alpha0 rounds in
  well_formed M /\ realizable M 0 /\ alpha M = alpha0 /\
  E_i M (S rounds) (path_sum (fun h => theta M h ^ 3)) = (1 / prior M 0 - 1) / tau M /\
  (1 / prior M 0 - 1) / tau M = INR rounds + 1.
Proof.
  intros Ha M. split; [apply chain_well_formed, Ha|]. split; [apply chain_realizable|].
  split; [reflexivity|]. unfold M. rewrite W1_chain_value, W1_chain_bound by exact Ha. split; reflexivity.
Qed.
