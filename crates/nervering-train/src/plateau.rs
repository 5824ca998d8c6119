//! The learning rate of one fit: lowered when its validation loss stands still. "We decayed the
//! learning rate by a factor of 0.25 if the loss did not improve after 50 epochs"; we read *loss*
//! as the validation loss, *improve* as falling below the best since the start, and count anew
//! after each decay.

/// When and by how much a learning rate falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// Epochs without improvement before the rate falls.
    pub patience: usize,
    /// What it is multiplied by.
    pub factor: f64,
}

/// The state of one fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) learning_rate: f64,
    pub(crate) best_loss: f64,
    /// From 1; 0 before the first finite loss.
    pub(crate) best_epoch: usize,
    /// Epochs without improvement since the best one or the last fall.
    pub(crate) waited: usize,
}

impl Schedule {
    pub(crate) fn new(learning_rate: f64) -> Self {
        Self { learning_rate, best_loss: f64::INFINITY, best_epoch: 0, waited: 0 }
    }

    /// Takes the validation loss of an epoch (from 1) and says whether it is the best so far.
    /// A loss that is not a number never is.
    pub(crate) fn observe(&mut self, epoch: usize, loss: f64, plateau: Plateau) -> bool {
        if loss < self.best_loss {
            (self.best_loss, self.best_epoch, self.waited) = (loss, epoch, 0);
            return true;
        }
        self.waited += 1;
        if self.waited >= plateau.patience {
            self.learning_rate *= plateau.factor;
            self.waited = 0;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATEAU: Plateau = Plateau { patience: 3, factor: 0.25 };

    #[test]
    fn the_rate_falls_after_three_epochs_without_improvement() {
        let mut schedule = Schedule::new(1.);
        let losses = [1., 0.5, 0.6, 0.7, 0.5, 0.4, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9];
        let rates: Vec<f64> = losses
            .iter()
            .enumerate()
            .map(|(k, &loss)| {
                schedule.observe(k + 1, loss, PLATEAU);
                schedule.learning_rate
            })
            .collect();
        let expected = [1., 1., 1., 1., 0.25, 0.25, 0.25, 0.25, 0.0625, 0.0625, 0.0625, 0.015625];
        assert_eq!(rates, expected);
        assert_eq!((schedule.best_epoch, schedule.best_loss), (6, 0.4));
    }

    #[test]
    fn a_loss_that_is_no_number_is_never_the_best() {
        let mut schedule = Schedule::new(1.);
        assert!(!schedule.observe(1, f64::NAN, PLATEAU));
        assert!(schedule.observe(2, 3., PLATEAU));
        assert!(!schedule.observe(3, f64::NAN, PLATEAU));
        assert_eq!(schedule.best_epoch, 2);
    }
}
