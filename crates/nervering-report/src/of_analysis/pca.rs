//! Principal components of each animal and of all together (Figure S1, and "no longer observed when
//! data from all worms was pooled together").

use super::{
    AnalysisAbout, AnalysisReport, MOST_PANELS, count, counted, number, percent, range, table,
    words,
};
use crate::cells::TableData;
use crate::figure::{FigureData, manifold};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{Components, Pooled};

/// Direction of view in degrees.
const VIEW: [f64; 2] = [-35., 25.];

/// The report of components.
pub fn pca(found: &Components, about: &AnalysisAbout<'_>) -> AnalysisReport {
    let asked = "How much of the variance of neurons' time derivatives do three principal \
                 components hold in each animal, and does pooling all animals lose it?";
    let title = "Principal components of time derivatives, per animal and pooled";
    let mut document = about.document(title, asked, &found.neurons);
    document.tables = vec![own(found), pooled(found), measures(found)];
    document.figures = figures(found, about);
    let summary = &mut document.summary;
    let [bare, smooth, smoother] = found.mean_shares().map(|share| 100. * share);
    summary.found.push(format!(
        "Three components hold {} % of each animal's variance (mean {smooth:.1} %) with differences \
         smoothed over 1 s; the paper says about 65 %. Not smoothed they hold {bare:.1} %, smoothed \
         over 2 s {smoother:.1} %.",
        range(found.animals.iter().map(|animal| animal.shares[1]))
    ));
    summary.found.extend(found.pooled.iter().map(|pooled| said(pooled, found.neurons.len())));
    summary.distrust.extend(distrust(found));
    AnalysisReport { document, files: vec![("tables/loadings.csv".to_owned(), loadings(found))] }
}

fn said(pooled: &Pooled, n_neurons: usize) -> String {
    let text = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"));
    let measures: Vec<String> = pooled
        .measures
        .iter()
        .map(|m| format!("{} {} (permuted {})", m.name, text(m.found), text(m.permuted)))
        .collect();
    format!(
        "Pooled on {n_neurons} neurons, {}: {}. 1 would be no loss, the permuted value is what is \
         left when neurons correspond by chance.",
        pooled.scale.as_str(),
        measures.join(", ")
    )
}

fn distrust(found: &Components) -> Vec<String> {
    let from_file = found.animals.iter().any(|a| a.pca.derivative.as_str() == "from-file");
    let derivative = if from_file {
        "Some derivatives come from the file, which holds a smoother over the whole trace: for these \
         the smoothing here changes nothing."
    } else {
        "No file holds derivatives, so central differences were taken; the paper's are smoothed over \
         the whole trace by a method that is not reproduced here."
    };
    let chosen = "The share held by three components is set by the smoothing: 1 s was chosen here \
                  since it gives the paper's share on the Kato worms, so that their agreement proves \
                  nothing.";
    let undefined = "The paper says that structures were no longer observed after pooling and not by \
                     what measure; retained, overlap and agreement are ours. It may have pooled \
                     other neurons: pooling needs neurons that all animals have, and these are few.";
    let frames = "Neighbouring frames are not independent: states explain more of a slow path than \
                  of a fast one, whatever it has to do with them.";
    vec![derivative.to_owned(), chosen.to_owned(), undefined.to_owned(), frames.to_owned()]
}

fn own(found: &Components) -> TableData {
    let mut table = table(
        "components",
        "Each animal by itself, all its recorded neurons",
        &[
            "animal",
            "neurons",
            "left out",
            "three hold, %, not smoothed",
            "smoothed over 1 s",
            "smoothed over 2 s",
            "states explain, % of the path",
        ],
    );
    for animal in &found.animals {
        let [bare, smooth, smoother] = animal.shares;
        table.rows.push(vec![
            words(&animal.pca.animal),
            count(animal.pca.neurons.len()),
            count(animal.n_left_out),
            percent(bare),
            percent(smooth),
            percent(smoother),
            percent(animal.pca.state_share),
        ]);
    }
    table.notes.push(
        "Share of the variance of centred derivatives. Left out: neurons with missing values, or \
         that never vary. States explain: variance between states over variance of the path through \
         three components, smoothed over 1 s."
            .to_owned(),
    );
    table
}

fn pooled(found: &Components) -> TableData {
    let mut table = table(
        "pooled",
        &format!("All animals on the same {} neurons, centred", found.neurons.len()),
        &[
            "animal",
            "own three hold, %",
            "pooled three hold, %",
            "retained, %",
            "states explain, % of the own path",
            "states explain, % of the pooled path",
        ],
    );
    for animal in found.pooled.iter().take(1).flat_map(|pooled| &pooled.pca.animals) {
        table.rows.push(vec![
            words(&animal.animal),
            percent(animal.own_share),
            percent(animal.pooled_share),
            percent(animal.retained()),
            percent(animal.own_state_share),
            percent(animal.pooled_state_share),
        ]);
    }
    table
}

fn measures(found: &Components) -> TableData {
    let mut table = table(
        "pooling",
        "What pooling retains, beside the same with the neurons of every animal permuted",
        &["scale", "measure", "found", "neurons permuted"],
    );
    for pooled in &found.pooled {
        for measure in &pooled.measures {
            table.rows.push(vec![
                words(pooled.scale.as_str()),
                words(measure.name),
                number(measure.found, 2),
                number(measure.permuted, 2),
            ]);
        }
    }
    table.notes.push(format!(
        "Retained: variance held by pooled over own components, mean over animals. Overlap: mean \
         squared cosine between the spaces of two animals' own components. Agreement: variance \
         between states over variance between states of single animals. Permuted: mean of {}.",
        counted(found.n_permutations, "permutation")
    ));
    table
}

fn figures(found: &Components, about: &AnalysisAbout<'_>) -> Vec<FigureData> {
    let normalisation = "derivatives centred over the whole recording";
    let trajectory = |k: usize, animal: &str, scores: &[f64]| manifold::Trajectory {
        animal: animal.to_owned(),
        points: scores.chunks_exact(3).map(|p| [p[0] as f32, p[1] as f32, p[2] as f32]).collect(),
        states: about.states(k),
        axes: None,
    };
    let named = |explained: &[f64]| {
        let share = |k: usize| 100. * explained.get(k).copied().unwrap_or(0.);
        [0, 1, 2].map(|k| format!("PC {} ({:.0} %)", k + 1, share(k)))
    };
    let own = found.animals.iter().take(MOST_PANELS).enumerate();
    let own = manifold::Data {
        about: about.figure("components", "Each animal in its own components", normalisation),
        method: format!(
            "PCA of all neurons' derivatives smoothed over 1 s, {} per second, per animal",
            about.unit()
        ),
        axes: ["PC 1", "PC 2", "PC 3"].map(str::to_owned),
        animals: own
            .map(|(k, a)| manifold::Trajectory {
                axes: Some(named(&a.pca.explained)),
                ..trajectory(k, &a.pca.animal, &a.pca.scores)
            })
            .collect(),
        view: VIEW,
    };
    let mut figures = vec![FigureData::Manifold(own)];
    if let Some(pooled) = found.pooled.first() {
        let animals = pooled.pca.animals.iter().take(MOST_PANELS).enumerate();
        figures.push(FigureData::Manifold(manifold::Data {
            about: about.figure("pooled", "Each animal in the pooled components", normalisation),
            method: format!(
                "PCA of {} neurons' derivatives smoothed over 1 s, {} per second, all animals pooled",
                found.neurons.len(),
                about.unit()
            ),
            axes: named(&pooled.pca.explained),
            animals: animals.map(|(k, a)| trajectory(k, &a.animal, &a.scores)).collect(),
            view: VIEW,
        }));
    }
    figures
}

/// Entries of all kept components.
fn loadings(found: &Components) -> Vec<u8> {
    let header = ["animal", "scale", "component", "explained", "neuron", "loading"];
    let mut rows = Vec::new();
    let mut push = |animal: &str, scale: &str, explained: &[f64], of: &[f64], names: &[String]| {
        for (k, value) in of.iter().enumerate() {
            let (component, neuron) = (k / names.len(), k % names.len());
            rows.push(vec![
                animal.to_owned(),
                scale.to_owned(),
                (component + 1).to_string(),
                field(explained.get(component).copied()),
                names[neuron].clone(),
                field(Some(*value)),
            ]);
        }
    };
    for animal in &found.animals {
        let pca = &animal.pca;
        push(&pca.animal, "centred", &pca.explained, &pca.components, &pca.neurons);
    }
    let names: Vec<String> = found.neurons.iter().map(ToString::to_string).collect();
    for Pooled { scale, pca, .. } in &found.pooled {
        push("all animals", scale.as_str(), &pca.explained, &pca.components, &names);
    }
    csv_bytes(&header.map(str::to_owned), rows)
}
