//! Kernel of the MLP block: linear → activation → linear → activation → batch norm over rows,
//! optionally the mean over frames, for one replica. Its weights and results are in [`parts`], the two
//! passes in [`forward`] and [`backward`]. Rows are features ([`rows`]) or every ordered pair
//! of nodes ([`pairs`]): only the first layer differs ([`first`]).

mod backward;
pub(crate) mod encoded;
mod first;
mod forward;
mod pairs;
mod parts;
mod rows;

pub(crate) use backward::{BackwardCall, BlockSaved, Upstream, backward};
pub(crate) use forward::{ForwardCall, forward};
pub(crate) use parts::{BlockForward, BlockGradients, BlockWeights, Features, Input, Keep, Norm};

/// The activation as a type, and the input as its first layer.
macro_rules! with_types {
    ($activation:expr, $input:expr, $weights:expr, $A:ident, $first:ident => $body:expr) => {
        match ($activation, $input) {
            (Activation::Relu, Input::Rows { features, tile }) => {
                type $A = $crate::kernel::activation::Relu;
                let $first = $crate::kernel::block::rows::Rows::new(features, tile, $weights);
                $body
            }
            (Activation::Elu, Input::Rows { features, tile }) => {
                type $A = $crate::kernel::activation::Elu;
                let $first = $crate::kernel::block::rows::Rows::new(features, tile, $weights);
                $body
            }
            (Activation::Relu, Input::Pairs { nodes, n }) => {
                type $A = $crate::kernel::activation::Relu;
                let $first = $crate::kernel::block::pairs::Pairs::new(nodes, n, $weights);
                $body
            }
            (Activation::Elu, Input::Pairs { nodes, n }) => {
                type $A = $crate::kernel::activation::Elu;
                let $first = $crate::kernel::block::pairs::Pairs::new(nodes, n, $weights);
                $body
            }
        }
    };
}
pub(in crate::kernel) use with_types;
