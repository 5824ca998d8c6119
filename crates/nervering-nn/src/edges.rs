//! Inferred edges: from node features to weights `w[receiver, sender]` in [0, 1], eq. 9–11.
//!
//! A block `g` encodes each ordered pair; a linear layer gives it two outputs; `w` is the second
//! component of their softmax. (Eq. 10 writes the softmax on the features themselves, a slip.)
//! Static edges average the hidden features over all frames, before the block (the text's reading
//! here) or after it (the scripts).

use crate::block::MlpBlock;
use crate::linear::Linear;
use crate::ops::Frames;
use crate::pass::Pass;
use burn::tensor::{Tensor, activation::sigmoid};

/// The softmax's second component: for two outputs, the logistic function of their difference.
/// `[replica, row, 2]` → `[replica, row, 1]`.
fn second_component(logits: Tensor<3>) -> Tensor<3> {
    let second = logits.clone().narrow(2, 1, 1);
    sigmoid(second - logits.narrow(2, 0, 1))
}

/// One weight per pair and replica, `[replica, receiver, sender]`, from the encoded pairs' mean
/// over frames. `nodes` is `[replica, frame, node, width]`.
pub fn pooled_after_block(
    pass: &Pass,
    block: &MlpBlock,
    out: &Linear,
    nodes: Tensor<4>,
) -> Tensor<3> {
    let [n_replicas, _, n, _] = nodes.dims();
    let pairs = block.mean_over_frames_of_pairs(pass, nodes);
    second_component(out.forward(pairs)).reshape([n_replicas, n, n])
}

/// One weight per pair and replica, `[replica, receiver, sender]`, from node features that are
/// already averaged over frames, `[replica, node, width]`.
pub fn pooled_before_block(
    pass: &Pass,
    block: &MlpBlock,
    out: &Linear,
    nodes: Tensor<3>,
) -> Tensor<3> {
    let [n_replicas, n, _] = nodes.dims();
    let one_frame = Frames::new(vec![1; n_replicas]);
    let encoded = block.forward_pairs(pass, &one_frame, nodes.unsqueeze_dim(1));
    second_component(out.forward(encoded)).reshape([n_replicas, n, n])
}

/// One weight per pair and frame, `[replica, frame, receiver, sender]`.
/// `nodes` is `[replica, frame, node, width]`.
pub fn dynamic(pass: &Pass, block: &MlpBlock, out: &Linear, nodes: Tensor<4>) -> Tensor<4> {
    let [n_replicas, n_frames, n, _] = nodes.dims();
    let encoded = block.forward_pairs(pass, &pass.frames, nodes);
    second_component(out.forward(encoded)).reshape([n_replicas, n_frames, n, n])
}
