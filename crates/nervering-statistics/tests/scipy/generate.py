"""Reference numbers for the metrics and statistics of nervering-study.

    pip install numpy scipy scikit-learn
    python crates/nervering-study/tests/scipy/generate.py

writes metrics.json and statistics.json beside itself. Made with the versions that `versions` in
statistics.json names. Nothing here shares code with the Rust side.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, recall_score, roc_auc_score

HERE = Path(__file__).parent
WINDOW_S = 5.0


def bouts(classes, edges):
    """(class, seconds) of every maximal run of one known class."""
    out, start = [], 0
    for t in range(1, len(classes) + 1):
        if t == len(classes) or classes[t] != classes[start]:
            if classes[start] >= 0:
                out.append((classes[start], edges[t] - edges[start]))
            start = t
    return out


def metrics_case(rng, n_classes, n, sharpness, flicker):
    labels = []
    while len(labels) < n:
        labels += [int(rng.integers(-1, n_classes))] * int(rng.integers(4, 25))
    labels = np.array(labels[:n])
    # A prediction that is right more often than not, a little late, and noisy.
    late = np.roll(labels, 2)
    logits = rng.normal(size=(n, n_classes)) * flicker
    logits[np.arange(n), np.maximum(late, 0)] += sharpness
    # Rounded, so that the file is small and says exactly what Rust reads.
    log_p = np.round(logits - scipy.special.logsumexp(logits, axis=1, keepdims=True), 3)
    log_p = log_p.astype(np.float32)
    times = np.round(np.cumsum(rng.uniform(0.3, 0.4, size=n)), 3)
    edges = np.append(times, 2 * times[-1] - times[-2])
    known = labels >= 0
    predicted = log_p.argmax(axis=1)
    y, p = labels[known], predicted[known]
    present = np.unique(y)
    probabilities = np.exp(log_p[known].astype(np.float64))
    recall = recall_score(y, p, labels=range(n_classes), average=None, zero_division=np.nan)

    # log_loss wants rows that sum to 1 exactly; ours are float32 logarithms.
    nll = -np.mean(log_p[known].astype(np.float64)[np.arange(known.sum()), y])
    near = log_loss(y, probabilities / probabilities.sum(1, keepdims=True), labels=range(n_classes))
    assert abs(nll - near) < 1e-3

    top = probabilities[np.arange(known.sum()), p]
    which = np.digitize(top, np.linspace(0, 1, 16)[1:-1], right=True)
    ece = sum(
        np.mean(which == b) * abs(np.mean((y == p)[which == b]) - np.mean(top[which == b]))
        for b in np.unique(which)
    )

    def transitions(classes):
        at = np.flatnonzero(classes[1:] != classes[:-1]) + 1
        return [(t, classes[t - 1], classes[t]) for t in at]

    labelled = [x for x in transitions(labels) if x[1] >= 0 and x[2] >= 0]
    switches = transitions(predicted)
    errors = []
    for t, a, b in labelled:
        d = np.array([times[s] - times[t] for s, c, e in switches if (c, e) == (a, b)])
        if d.size and np.abs(d).min() <= WINDOW_S:
            errors.append(d[np.abs(d).argmin()])
    n_predicted = sum(bool(known[t] and known[t - 1]) for t, _, _ in switches)

    masked = np.where(known, predicted, -1)
    true_bouts, predicted_bouts = bouts(labels, edges), bouts(masked, edges)
    dwell = 0.0
    for c in present:
        u = [s for k, s in true_bouts if k == c]
        v = [s for k, s in predicted_bouts if k == c] or [0.0]
        dwell += np.mean(y == c) * stats.wasserstein_distance(u, v)

    return dict(
        n_classes=n_classes,
        labels=labels.tolist(),
        times_s=times.tolist(),
        log_probabilities=[round(float(v), 3) for v in log_p.ravel()],
        accuracy=float(np.mean(y == p)),
        balanced_accuracy=float(balanced_accuracy_score(y, p)),
        macro_f1=float(f1_score(y, p, labels=present, average="macro")),
        recall=[None if np.isnan(r) else float(r) for r in recall],
        nll=float(nll),
        calibration_error=float(ece),
        transitions_labelled=len(labelled),
        transitions_predicted=n_predicted,
        transitions_found=len(errors),
        mean_error_s=float(np.mean(errors)) if errors else None,
        mean_absolute_error_s=float(np.mean(np.abs(errors))) if errors else None,
        dwell_distance_s=float(dwell),
    )


def holm(p):
    """Holm (1979), by its definition: reject in turn while p_(k) <= alpha / (m - k + 1)."""
    p = np.asarray(p)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    for rank, index in enumerate(order):
        adjusted[index] = min(1.0, max((len(p) - k) * p[order[k]] for k in range(rank + 1)))
    return adjusted.tolist()


def statistics_cases(rng):
    association = []
    for n, levels in [(12, 5), (40, 40), (90, 12)]:
        x = rng.integers(0, levels, size=n).astype(float)
        y = np.round(0.4 * x + rng.normal(size=n) * levels / 4)
        positive = (rng.uniform(size=n) < 0.3) | (np.arange(n) == 0)
        association.append(dict(
            x=x.tolist(), y=y.tolist(), positive=[bool(b) for b in positive],
            midranks=stats.rankdata(x).tolist(),
            pearson=float(stats.pearsonr(x, y).statistic),
            spearman=float(stats.spearmanr(x, y).statistic),
            auroc=float(roc_auc_score(positive, x)),
        ))
    sign_flip = []
    for n in [2, 5, 8, 13]:
        d = np.round(rng.normal(0.5, 1, size=n), 1)
        r = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
        sign_flip.append(dict(differences=d.tolist(), p=float(r.pvalue)))
    bootstrap = []
    for n in [2, 3, 4, 5]:
        x = np.round(rng.gamma(2, 1, size=n), 3)
        grid = np.array(np.meshgrid(*[x] * n)).reshape(n, -1)
        means = grid.mean(axis=0)
        # BCa (Efron 1987), on all n^n resamples.
        below = (np.mean(means < x.mean() - 1e-12) + np.mean(means <= x.mean() + 1e-12)) / 2
        z0 = stats.norm.ppf(below)
        jackknife = np.array([np.delete(x, k).mean() for k in range(n)])
        u = jackknife.mean() - jackknife
        a = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
        z = stats.norm.ppf([0.025, 0.975])
        tails = stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
        bootstrap.append(dict(
            values=x.tolist(),
            percentile=np.quantile(means, [0.025, 0.975]).tolist(),
            bca=np.quantile(means, tails).tolist(),
        ))
    # SciPy's own BCa, drawn rather than exact, for a sample that is too large to enumerate.
    x = np.round(rng.gamma(2, 1, size=15), 3)
    drawn = {
        method: stats.bootstrap(
            (x,), np.mean, n_resamples=200_000, method=method, rng=np.random.default_rng(1)
        ).confidence_interval
        for method in ["percentile", "BCa"]
    }
    p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 1.0]
    return dict(
        versions=dict(numpy=np.__version__, scipy=scipy.__version__, sklearn=sklearn.__version__),
        association=association,
        sign_flip=sign_flip,
        bootstrap=bootstrap,
        bootstrap_drawn=dict(
            values=x.tolist(), percentile=list(drawn["percentile"]), bca=list(drawn["BCa"])
        ),
        holm=dict(p=p, adjusted=holm(p)),
        normal_cdf=[[float(z), float(stats.norm.cdf(z))] for z in np.linspace(-6, 6, 25)],
        student_t=[
            [df, q, float(stats.t.ppf(q, df))]
            for df in [1, 2, 3, 4, 9, 10, 57, 200] for q in [0.6, 0.95, 0.975, 0.999]
        ],
    )


def write(name, value):
    (HERE / name).write_text(json.dumps(value) + "\n")


if __name__ == "__main__":
    rng = np.random.default_rng(20261124)
    shapes = [
        (2, 200, 2, 1), (4, 150, 3, 1), (4, 150, 0.5, 1), (7, 200, 2, 0.7), (7, 90, 4, 1), (3, 60, 0, 1)
    ]
    write("metrics.json", [metrics_case(rng, *shape) for shape in shapes])
    write("statistics.json", statistics_cases(rng))
