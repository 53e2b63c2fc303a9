//! Good groups for more tasks than an exact search can weigh: local search from several starts.
//!
//! A state is as many groups as the budget allows. Moves put a task into a group or take it out, exchange two tasks of
//! which one is in, and replace a group by a pair; the best move of each kind is taken until none helps. Starts are
//! greedy with pairs, the whole set, and shaken forms of the best state so far. Shakes are drawn from a fixed seed,
//! so that the answer is a function of the scores. How far it stays from the exact answer is measured by the tests.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Error, GroupScores, Grouping, TaskSet, around::Around};

/// Starts: the more, the fewer tasks there are, since a climb takes time with the cube of their number.
fn starts(tasks: usize) -> usize {
    (6_000_000 / tasks.pow(3)).clamp(60, 1200)
}

impl GroupScores {
    /// Good groups, at most `budget`, for any number of tasks: the best that a local search finds from several
    /// starts. It draws nothing at random that a second call would draw otherwise.
    ///
    /// # Errors
    /// A budget of zero.
    pub fn good_groups(&self, budget: usize) -> Result<Grouping, Error> {
        if budget == 0 {
            return Err(Error::NoBudget);
        }
        Ok(self.grouping(locally_best(self, budget.min(self.tasks()))))
    }
}

/// At most `budget` groups that hold every task between them.
fn locally_best(scores: &GroupScores, budget: usize) -> Vec<TaskSet> {
    let all = TaskSet::first(scores.tasks());
    let search = Local { scores, tasks: scores.tasks() };
    let mut best = search.improved(vec![all; 1], budget);
    let mut draws = ChaCha8Rng::seed_from_u64(0);
    for round in 0..starts(scores.tasks()) {
        let start = match round {
            0 => search.greedy(budget),
            // Every second start is far from the best, the others near it.
            round if round % 2 == 1 => search.drawn(budget, &mut draws),
            _ => search.shaken(&best.groups, &mut draws),
        };
        let found = search.improved(start, budget);
        if found.sum > best.sum {
            best = found;
        }
    }
    best.groups.sort_unstable();
    best.groups
}

/// Groups, and what they give every task.
#[derive(Clone)]
struct State {
    groups: Vec<TaskSet>,
    sum: f64,
}

struct Local<'a> {
    scores: &'a GroupScores,
    tasks: usize,
}

impl Local<'_> {
    /// Climbs until no move helps. The first state must hold every task.
    fn improved(&self, groups: Vec<TaskSet>, budget: usize) -> State {
        let mut state = State { sum: self.sum(&groups), groups };
        loop {
            let before = state.sum;
            self.add_group(&mut state, budget);
            for at in 0..state.groups.len() {
                self.change_group(&mut state, at);
            }
            // Rounding must not be taken for progress.
            if state.sum <= before + 1e-12 * before.abs() {
                return state;
            }
        }
    }

    /// Adds the pair of tasks that helps most, where the budget allows one more group.
    fn add_group(&self, state: &mut State, budget: usize) {
        while state.groups.len() < budget {
            let rest = self.served(&state.groups);
            let gains = self.pairs().map(|pair| (self.sum_with(&rest, pair), pair));
            let Some((sum, pair)) = gains.reduce(higher).filter(|(sum, _)| *sum > state.sum) else {
                return;
            };
            state.groups.push(pair);
            state.sum = sum;
        }
    }

    /// Replaces one group by its best neighbour again and again: by one task more or fewer, or an exchange where none
    /// of these helps, or a pair or a measured group where no exchange does.
    fn change_group(&self, state: &mut State, at: usize) {
        let mut others = state.groups.clone();
        others.remove(at);
        let rest = self.served(&others);
        loop {
            let group = Around::of(self.scores, state.groups[at]);
            let tasks = 0..self.tasks;
            let toggles = tasks.clone().map(|task| [Some(task), None]);
            let exchanges = group.set.tasks().flat_map(|out| {
                let outside = tasks.clone().filter(|task| !group.set.contains(*task));
                outside.map(move |put| [Some(out), Some(put)])
            });
            let near = |changes: [Option<usize>; 2]| {
                let next = group.changed(changes);
                (self.sum_around(&rest, &group, changes, next), next)
            };
            let helps = |next: &(f64, TaskSet)| next.0 > state.sum + 1e-12 * state.sum.abs();
            let far = || {
                let sets = self.pairs().chain(self.scores.measured());
                sets.map(|next| (self.sum_with(&rest, next), next)).reduce(higher).filter(helps)
            };
            let next = toggles.map(near).reduce(higher).filter(helps);
            let next = next.or_else(|| exchanges.map(near).reduce(higher).filter(helps));
            let Some((sum, next)) = next.or_else(far) else { return };
            state.groups[at] = next;
            state.sum = sum;
        }
    }

    /// The sum of best scores with a neighbour of a group.
    fn sum_around(
        &self,
        rest: &[f64],
        group: &Around<'_>,
        changes: [Option<usize>; 2],
        next: TaskSet,
    ) -> f64 {
        if next.len() < 2 || self.scores.is_measured(next) {
            return if next.is_empty() { f64::NEG_INFINITY } else { self.sum_with(rest, next) };
        }
        let partners = (next.len() - 1) as f64;
        let own = |task: usize| match next.contains(task) {
            true => group.total(task, changes) / partners,
            false => f64::NEG_INFINITY,
        };
        rest.iter().enumerate().map(|(task, served)| served.max(own(task))).sum()
    }

    fn pairs(&self) -> impl Iterator<Item = TaskSet> {
        let tasks = self.tasks;
        (0..tasks).flat_map(move |i| (0..i).map(move |j| TaskSet::EMPTY.toggled(i).toggled(j)))
    }

    /// Every task's best score in these groups; the least there is where none holds it.
    fn served(&self, groups: &[TaskSet]) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; self.tasks];
        for group in groups {
            for task in group.tasks() {
                best[task] = best[task].max(self.scores.score(*group, task));
            }
        }
        best
    }

    fn sum(&self, groups: &[TaskSet]) -> f64 {
        self.served(groups).iter().sum()
    }

    /// The sum of best scores with one group more.
    fn sum_with(&self, rest: &[f64], group: TaskSet) -> f64 {
        let own = |task| match group.contains(task) {
            true => self.scores.score(group, task),
            false => f64::NEG_INFINITY,
        };
        rest.iter().enumerate().map(|(task, served)| served.max(own(task))).sum()
    }

    /// The whole set, and then the pairs that help most.
    fn greedy(&self, budget: usize) -> Vec<TaskSet> {
        let groups = vec![TaskSet::first(self.tasks)];
        let mut state = State { sum: self.sum(&groups), groups };
        self.add_group(&mut state, budget);
        state.groups
    }

    /// A drawn partition, in which tasks may also be in a second group.
    fn drawn(&self, budget: usize, draws: &mut ChaCha8Rng) -> Vec<TaskSet> {
        let mut groups = vec![TaskSet::EMPTY; budget];
        for task in 0..self.tasks {
            let (first, second) = (draws.random_range(0..budget), draws.random_range(0..budget));
            groups[first] = groups[first].toggled(task);
            if second != first && draws.random_bool(0.5) {
                groups[second] = groups[second].toggled(task);
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    /// A state with some memberships changed, and tasks that no group is left to hold put into the first.
    fn shaken(&self, groups: &[TaskSet], draws: &mut ChaCha8Rng) -> Vec<TaskSet> {
        let mut groups = groups.to_vec();
        for _ in 0..2 + self.tasks / 4 {
            let (at, task) =
                (draws.random_range(0..groups.len()), draws.random_range(0..self.tasks));
            groups[at] = groups[at].toggled(task);
        }
        for task in 0..self.tasks {
            if groups.iter().all(|group| !group.contains(task)) {
                groups[0] = groups[0].toggled(task);
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }
}

/// The one of higher sum; the first of equals.
fn higher(best: (f64, TaskSet), next: (f64, TaskSet)) -> (f64, TaskSet) {
    if next.0 > best.0 { next } else { best }
}
