(** Finite sums over lists of indices, and the elementary facts about them that the proofs use: exchange of sums,
    Cauchy-Schwarz (Jensen for the square), and Jensen for the exponential. *)
From Coq Require Import Reals List Lra Lia Psatz.
From ExactCBIL Require Export Statements.
Import ListNotations.
Open Scope R_scope.

Section Facts.
Context {X : Type}.
Implicit Types (l : list X) (f g : X -> R).

Lemma Sum_ext l f g : (forall x, In x l -> f x = g x) -> Sum l f = Sum l g.
Proof.
  induction l as [|x r IH]; intros H; simpl; [reflexivity|].
  rewrite H by (left; reflexivity). f_equal. apply IH; intros; apply H; right; assumption.
Qed.

Lemma Sum_le l f g : (forall x, In x l -> f x <= g x) -> Sum l f <= Sum l g.
Proof.
  induction l as [|x r IH]; intros H; simpl; [lra|].
  apply Rplus_le_compat; [apply H; left; reflexivity|].
  apply IH; intros; apply H; right; assumption.
Qed.

Lemma Sum_zero l : ∑ x ∈ l, 0 = 0.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_all_zero l f : (forall x, In x l -> f x = 0) -> Sum l f = 0.
Proof. intros H. rewrite <- (Sum_zero l). apply Sum_ext; exact H. Qed.

Lemma Sum_nonneg l f : (forall x, In x l -> 0 <= f x) -> 0 <= Sum l f.
Proof. intros H. rewrite <- (Sum_zero l). apply Sum_le; exact H. Qed.

Lemma Sum_plus l f g : ∑ x ∈ l, (f x + g x) = Sum l f + Sum l g.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_minus l f g : ∑ x ∈ l, (f x - g x) = Sum l f - Sum l g.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_scal l c f : ∑ x ∈ l, c * f x = c * Sum l f.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_scal_r l c f : ∑ x ∈ l, f x * c = Sum l f * c.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_const l c : ∑ x ∈ l, c = INR (length l) * c.
Proof.
  induction l; [simpl; lra|].
  change (length (a :: l)) with (S (length l)). rewrite S_INR. simpl. rewrite IHl. lra.
Qed.

Lemma Sum_app l l' f : Sum (l ++ l') f = Sum l f + Sum l' f.
Proof. induction l; simpl; lra. Qed.

Lemma Sum_term_le l f x :
  In x l -> (forall y, In y l -> 0 <= f y) -> f x <= Sum l f.
Proof.
  induction l as [|y r IH]; intros Hin Hpos; [destruct Hin|]. simpl.
  assert (0 <= f y) by (apply Hpos; left; reflexivity).
  assert (0 <= Sum r f) by (apply Sum_nonneg; intros; apply Hpos; right; assumption).
  destruct Hin as [<-|Hin]; [lra|].
  assert (f x <= Sum r f) by (apply IH; auto; intros; apply Hpos; right; assumption).
  lra.
Qed.

Lemma Sum_filter_le l f (b : X -> bool) :
  (forall x, In x l -> 0 <= f x) -> Sum (filter b l) f <= Sum l f.
Proof.
  induction l as [|y r IH]; intros Hpos; simpl; [lra|].
  assert (0 <= f y) by (apply Hpos; left; reflexivity).
  assert (Sum (filter b r) f <= Sum r f) by (apply IH; intros; apply Hpos; right; assumption).
  destruct (b y); simpl; lra.
Qed.

Lemma Sum_filter l f (b : X -> bool) :
  Sum (filter b l) f = ∑ x ∈ l, (if b x then f x else 0).
Proof. induction l as [|y r IH]; simpl; [reflexivity|]. destruct (b y); simpl; lra. Qed.

Lemma Sum_incl l l' f :
  NoDup l -> incl l l' -> (forall x, In x l' -> 0 <= f x) -> Sum l f <= Sum l' f.
Proof.
  revert l'. induction l as [|x r IH]; intros l' Hnd Hincl Hpos; simpl.
  - apply Sum_nonneg; exact Hpos.
  - destruct (in_split x l') as (l1 & l2 & ->). { apply Hincl; left; reflexivity. }
    rewrite Sum_app. simpl. inversion Hnd; subst.
    assert (Sum r f <= Sum (l1 ++ l2) f).
    { apply IH; auto.
      - intros y Hy. assert (In y (l1 ++ x :: l2)) as Hy' by (apply Hincl; right; exact Hy).
        apply in_app_or in Hy'. apply in_or_app. destruct Hy' as [|[->|]]; tauto.
      - intros y Hy. apply Hpos. apply in_app_or in Hy. apply in_or_app. simpl. tauto. }
    rewrite Sum_app in *. lra.
Qed.

Lemma Sum_pos_term l f :
  (forall x, In x l -> 0 <= f x) -> 0 < Sum l f -> exists x, In x l /\ 0 < f x.
Proof.
  induction l as [|y r IH]; intros Hpos Hs; simpl in Hs; [lra|].
  destruct (Rlt_dec 0 (f y)) as [Hy|Hy]; [exists y; split; [left; reflexivity|exact Hy]|].
  destruct IH as (x & Hx & Hfx).
  - intros; apply Hpos; right; assumption.
  - lra.
  - exists x; split; [right|]; assumption.
Qed.

Lemma Sum_eq_single l f x :
  NoDup l -> In x l -> (forall y, In y l -> y <> x -> f y = 0) -> Sum l f = f x.
Proof.
  induction l as [|y r IH]; intros Hnd Hin Hz; [destruct Hin|]. inversion Hnd; subst. simpl.
  destruct Hin as [<-|Hin].
  - rewrite (Sum_all_zero r f); [lra|]. intros z Hz'. apply Hz; [right; assumption|].
    intros ->. contradiction.
  - rewrite (Hz y); [|left; reflexivity|intros ->; contradiction].
    rewrite IH; auto; [lra|]. intros; apply Hz; auto. right; assumption.
Qed.

(** [(∑ p x)^2 <= ∑ p x^2] for a measure [p]. *)
Lemma Sum_square l (p x : X -> R) :
  (forall a, In a l -> 0 <= p a) -> Sum l p = 1 ->
  (∑ a ∈ l, p a * x a) ^ 2 <= ∑ a ∈ l, p a * x a ^ 2.
Proof.
  intros Hp H1. set (c := ∑ a ∈ l, p a * x a).
  assert (0 <= ∑ a ∈ l, p a * (x a - c) ^ 2) as H.
  { apply Sum_nonneg. intros a Ha. apply Rmult_le_pos; [auto|apply pow2_ge_0]. }
  assert (∑ a ∈ l, p a * (x a - c) ^ 2
          = ∑ a ∈ l, (p a * x a ^ 2 + ((-2 * c) * (p a * x a) + c ^ 2 * p a))) as E.
  { apply Sum_ext; intros; ring. }
  rewrite E, Sum_plus, Sum_plus, Sum_scal, Sum_scal, H1 in H. fold c in H. lra.
Qed.
End Facts.

Lemma Sum_map {X Y} (l : list X) (h : X -> Y) f : Sum (map h l) f = ∑ x ∈ l, f (h x).
Proof. induction l; simpl; congruence. Qed.

Lemma Sum_flat_map {X Y} (l : list X) (h : X -> list Y) f :
  Sum (flat_map h l) f = ∑ x ∈ l, Sum (h x) f.
Proof. induction l; simpl; [reflexivity|]. rewrite Sum_app. congruence. Qed.

Lemma Sum_swap {X Y} (l : list X) (k : list Y) (f : X -> Y -> R) :
  ∑ x ∈ l, ∑ y ∈ k, f x y = ∑ y ∈ k, ∑ x ∈ l, f x y.
Proof.
  induction l as [|x r IH]; simpl; [symmetry; apply Sum_zero|].
  rewrite IH. symmetry. apply Sum_plus.
Qed.

(** A convex combination of exponentials; the whole of Hoelder's inequality that is used. *)
Lemma exp_convex {X} (l : list X) (p v : X -> R) :
  (forall x, In x l -> 0 <= p x) -> Sum l p = 1 ->
  exp (∑ x ∈ l, p x * v x) <= ∑ x ∈ l, p x * exp (v x).
Proof.
  intros Hp H1. set (c := ∑ x ∈ l, p x * v x).
  apply Rle_trans with (∑ x ∈ l, (exp c * (1 - c) * p x + exp c * (p x * v x))).
  - rewrite Sum_plus, !Sum_scal, H1. fold c. lra.
  - apply Sum_le. intros x Hx. pose proof (exp_ineq1_le (v x - c)) as He.
    apply Rle_trans with (exp c * (p x * (1 + (v x - c)))); [lra|].
    replace (v x) with (c + (v x - c)) at 2 by ring. rewrite exp_plus.
    replace (p x * (exp c * exp (v x - c))) with (exp c * (p x * exp (v x - c))) by ring.
    apply Rmult_le_compat_l; [left; apply exp_pos|]. apply Rmult_le_compat_l; auto.
Qed.
