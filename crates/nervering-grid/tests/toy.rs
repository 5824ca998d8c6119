//! A task of thirty lines: [`Squares`]. It runs, is left and taken up, and is dealt to shards.

use nervering_grid::{Context, Folder, GridError, Next, Run, Shard, Task, left, run};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Squares of numbers, of which each takes a step.
struct Squares(usize);

impl Task for Squares {
    type Earned = usize;
    type Tally = usize;
    type Error = GridError;

    fn n_cells(&self) -> usize {
        self.0
    }
    fn key(&self, cell: usize) -> String {
        format!("square-{cell}")
    }
    fn steps(&self, _cell: usize) -> usize {
        1
    }
    fn kind(&self, cell: usize) -> usize {
        cell % 2
    }
    fn run(&self, cells: &[usize], context: &Context<'_>) -> Result<Option<Vec<usize>>, GridError> {
        let squares = cells.iter().map(|cell| cell * cell).collect();
        Ok((context.step(1) != Next::Stop).then_some(squares))
    }
    fn count(&self, tally: &mut usize, square: &usize) {
        *tally += square;
    }
    fn line(&self, cell: usize, tally: usize) -> String {
        format!("kind {}: {tally} in all", self.kind(cell))
    }
}

fn how(shard: Shard, interrupted: &(dyn Fn() -> bool + Sync)) -> Run<'_> {
    Run { shard, interrupted, ..Run::quietly(2) }
}

#[test]
fn what_is_left_is_taken_up_and_every_cell_is_run_once() {
    let (dir, task) = (tempfile::tempdir().unwrap(), Squares(50));
    let folder = Folder::open(dir.path(), "squares").unwrap();
    let asked = AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 20;
    let stopped = run(&task, &folder, &how(Shard::WHOLE, &stop)).unwrap_err();
    let GridError::Interrupted { done, total: 50 } = stopped else { panic!("{stopped}") };
    let cells: Vec<usize> = (0..50).collect();
    let found = left(&task, &cells, &folder, &|text| panic!("{text}")).unwrap();
    assert_eq!((found.earned.len(), found.missing.len()), (done, 50 - done));
    let all = run(&task, &folder, &how(Shard::WHOLE, &|| false)).unwrap();
    assert_eq!(all, (0..50).map(|k| (k, k * k)).collect::<BTreeMap<_, _>>());
}

#[test]
fn shards_share_all_cells_and_each_is_as_long_as_the_others() {
    for n in 1..9 {
        let mut all = Vec::new();
        for index in 1..=n {
            let mine = Shard::new(index, n).unwrap().cells(&Squares(50));
            assert!(mine.len().abs_diff(50 / n) <= 1, "{index} of {n}: {}", mine.len());
            all.extend(mine);
        }
        all.sort_unstable();
        assert_eq!(all, (0..50).collect::<Vec<_>>(), "{n} shards");
    }
}
