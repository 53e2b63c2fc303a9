//! Numbers in double precision that remember how they came about, so that a plain definition on the host gives exact
//! gradients too (reverse accumulation over single numbers).
//!
//! It is the reference that kernels are measured against, and shares no code with Burn or with any backend: no tensors,
//! no shapes, no autodiff of theirs. It is slow, for sizes of some thousands.

use std::{
    cell::RefCell,
    ops::{Add, Div, Mul, Neg, Sub},
};

/// What is remembered: of each number, those it was made of and its slopes along them.
#[derive(Default)]
pub struct Tape {
    nodes: RefCell<Vec<Node>>,
}

#[derive(Clone, Copy)]
struct Node {
    parents: [(u32, f64); 2],
    /// Whether the gradient is rounded to bfloat16 on its way to the parents.
    rounds: bool,
}

/// A number on a tape.
#[derive(Clone, Copy)]
pub struct Number<'t> {
    tape: &'t Tape,
    at: u32,
    pub value: f64,
}

/// To eight bits of mantissa, nearest, ties to even; finite numbers of single precision only.
pub fn bf16(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7FFF + (bits >> 16 & 1)) & !0xFFFF)
}

impl Tape {
    /// A number that was not made of others.
    pub fn number(&self, value: f64) -> Number<'_> {
        self.push(value, [(0, 0.0); 2], false)
    }

    /// Several of them.
    pub fn numbers(&self, values: &[f32]) -> Vec<Number<'_>> {
        values.iter().map(|&value| self.number(value.into())).collect()
    }

    fn push(&self, value: f64, parents: [(u32, f64); 2], rounds: bool) -> Number<'_> {
        let mut nodes = self.nodes.borrow_mut();
        let at = nodes.len() as u32;
        nodes.push(Node { parents, rounds });
        Number { tape: self, at, value }
    }

    /// The slopes of `Σ weight · number` along every number on the tape; see [`Number::slope`].
    pub fn slopes(&self, sum: &[(Number<'_>, f64)]) -> Vec<f64> {
        let nodes = self.nodes.borrow();
        let mut slopes = vec![0.0; nodes.len()];
        for (number, weight) in sum {
            slopes[number.at as usize] += weight;
        }
        for (at, node) in nodes.iter().enumerate().rev() {
            let slope = match node.rounds {
                true => f64::from(bf16(slopes[at] as f32)),
                false => slopes[at],
            };
            for (parent, along) in node.parents {
                // Not `0 · infinity`, which numbers without parents would spread.
                if along != 0.0 && slope != 0.0 {
                    slopes[parent as usize] += along * slope;
                }
            }
        }
        slopes
    }
}

impl<'t> Number<'t> {
    /// The slope along this number.
    pub fn slope(self, slopes: &[f64]) -> f64 {
        slopes[self.at as usize]
    }

    fn one(self, value: f64, along: f64) -> Self {
        self.tape.push(value, [(self.at, along), (0, 0.0)], false)
    }

    fn two(self, other: Self, value: f64, along: [f64; 2]) -> Self {
        self.tape.push(value, [(self.at, along[0]), (other.at, along[1])], false)
    }

    pub fn exp(self) -> Self {
        self.one(self.value.exp(), self.value.exp())
    }

    pub fn ln(self) -> Self {
        self.one(self.value.ln(), self.value.recip())
    }

    pub fn sqrt(self) -> Self {
        self.one(self.value.sqrt(), 0.5 / self.value.sqrt())
    }

    pub fn tanh(self) -> Self {
        let value = self.value.tanh();
        self.one(value, 1.0 - value * value)
    }

    pub fn erf(self) -> Self {
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-self.value * self.value).exp();
        self.one(statrs::function::erf::erf(self.value), slope)
    }

    /// Itself where positive, else zero.
    pub fn relu(self) -> Self {
        let is_positive = f64::from(u8::from(self.value > 0.0));
        self.one(self.value.max(0.0), is_positive)
    }

    /// At least `least`; without slope where it was less.
    pub fn at_least(self, least: f64) -> Self {
        let is_more = f64::from(u8::from(self.value > least));
        self.one(self.value.max(least), is_more)
    }

    /// Rounded to bfloat16, as if that had slope one.
    pub fn rounded(self) -> Self {
        self.one(bf16(self.value as f32).into(), 1.0)
    }

    /// Itself; the gradient that comes back through it is rounded to bfloat16.
    pub fn with_rounded_gradient(self) -> Self {
        self.tape.push(self.value, [(self.at, 1.0), (0, 0.0)], true)
    }
}

impl<'t> Add for Number<'t> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.two(other, self.value + other.value, [1.0, 1.0])
    }
}

impl<'t> Sub for Number<'t> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.two(other, self.value - other.value, [1.0, -1.0])
    }
}

impl<'t> Mul for Number<'t> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.two(other, self.value * other.value, [other.value, self.value])
    }
}

impl<'t> Div for Number<'t> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        self.two(other, value, [other.value.recip(), -value / other.value])
    }
}

impl Neg for Number<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.one(-self.value, -1.0)
    }
}

impl Add<f64> for Number<'_> {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        self.one(self.value + other, 1.0)
    }
}

impl Sub<f64> for Number<'_> {
    type Output = Self;
    fn sub(self, other: f64) -> Self {
        self.one(self.value - other, 1.0)
    }
}

impl Mul<f64> for Number<'_> {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self.one(self.value * other, other)
    }
}

impl Div<f64> for Number<'_> {
    type Output = Self;
    fn div(self, other: f64) -> Self {
        self.one(self.value / other, other.recip())
    }
}

/// The sum of at least one number.
pub fn sum<'t>(numbers: impl IntoIterator<Item = Number<'t>>) -> Number<'t> {
    let total = numbers.into_iter().reduce(Add::add);
    total.expect("definitions add up rows of at least one element")
}

/// The inner product of two lists of the same length, at least one long.
pub fn inner<'t>(a: &[Number<'t>], b: &[Number<'t>]) -> Number<'t> {
    sum(a.iter().zip(b).map(|(&a, &b)| a * b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_differences() {
        let values = [0.7, -1.3, 2.1];
        let define = |x: &[Number<'_>]| -> f64 { formula(x).value };
        fn formula<'t>(x: &[Number<'t>]) -> Number<'t> {
            let a = (x[0] * x[1]).exp() + x[2].sqrt().ln() / x[0];
            let b = (x[1] - x[2]).tanh() * (x[0] * 0.3 + 1.0).erf() - x[1].relu();
            inner(&[a, -b], &[x[2], x[2] / 3.0 - 0.5]) + x[0].at_least(0.5)
        }
        let tape = Tape::default();
        let x: Vec<_> = values.iter().map(|&v| tape.number(v)).collect();
        let slopes = tape.slopes(&[(formula(&x), 2.0)]);
        for (i, number) in x.iter().enumerate() {
            let moved = |by: f64| {
                let tape = Tape::default();
                let mut values = values;
                values[i] += by;
                let x: Vec<_> = values.iter().map(|&v| tape.number(v)).collect();
                define(&x)
            };
            let difference = 2.0 * (moved(1e-6) - moved(-1e-6)) / 2e-6;
            let slope = number.slope(&slopes);
            assert!((slope - difference).abs() < 1e-7, "{i}: {slope}, {difference}");
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_of_eight_bits_and_to_even_between_two() {
        for (value, rounded) in
            [(1.0, 1.0), (1.003, 1.0), (1.006, 1.0078125), (-3.02, -3.015625), (0.0, 0.0)]
        {
            assert_eq!(bf16(value), rounded);
        }
        let (below, above) = (1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0);
        assert_eq!((bf16(below), bf16(above)), (1.0, 1.0 + 1.0 / 64.0));
        let tape = Tape::default();
        let x = tape.number(1.003);
        let slopes = tape.slopes(&[(x.rounded().with_rounded_gradient(), 1.006)]);
        assert_eq!(x.slope(&slopes), 1.0078125);
    }
}
