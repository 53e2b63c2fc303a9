//! k-means of numbers, exactly: on a line the best clusters are intervals (Wang and Song, "Ckmeans.1d.dp", 2011).

/// The partition of `values` into at most `count` clusters with the least sum of squared distances from their means, as
/// lists of places; equal values stay together.
pub fn interval_clusters(values: &[f64], count: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    // Equal values are one point of several, so that no cut falls between them.
    let mut points: Vec<Vec<usize>> = Vec::new();
    for place in order {
        match points.last_mut() {
            Some(last) if values[last[0]] == values[place] => last.push(place),
            _ => points.push(vec![place]),
        }
    }
    let scatter = |from: usize, to: usize| -> f64 {
        let within = || points[from..to].iter().flatten().map(|&i| values[i]);
        let mean = within().sum::<f64>() / within().count() as f64;
        within().map(|x| (x - mean).powi(2)).sum()
    };
    let size = points.len();
    if size == 0 {
        return Vec::new();
    }
    // By clusters used, then points covered: the least scatter, and where the last cluster begins.
    let mut best = vec![(0..=size).map(|to| (scatter(0, to.max(1)), 0)).collect::<Vec<_>>()];
    for used in 1..count.min(size) {
        let row = (0..=size)
            .map(|to| {
                let cuts = (used..to).map(|cut| (best[used - 1][cut].0 + scatter(cut, to), cut));
                cuts.fold(
                    best[used - 1][to],
                    |least, next| if next.0 < least.0 { next } else { least },
                )
            })
            .collect();
        best.push(row);
    }
    let (mut clusters, mut to) = (Vec::new(), size);
    for row in best.iter().rev() {
        let from = row[to].1;
        clusters.push(points[from..to].iter().flatten().copied().collect());
        to = from;
        if to == 0 {
            break;
        }
    }
    clusters.reverse();
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_have_the_least_scatter_of_all_partitions() {
        let values = [0.3, -1.0, 2.5, 0.4, 2.0, -0.7, 0.1];
        let scatter = |clusters: &[Vec<usize>]| -> f64 {
            let of = |cluster: &Vec<usize>| {
                let mean = cluster.iter().map(|&i| values[i]).sum::<f64>() / cluster.len() as f64;
                cluster.iter().map(|&i| (values[i] - mean).powi(2)).sum::<f64>()
            };
            clusters.iter().filter(|c| !c.is_empty()).map(of).sum()
        };
        for count in 1..=3 {
            let found = interval_clusters(&values, count);
            assert_eq!(found.len(), count);
            let least = (0..count.pow(7))
                .map(|code| {
                    let mut clusters = vec![Vec::new(); count];
                    (0..7).for_each(|i| clusters[code / count.pow(i as u32) % count].push(i));
                    scatter(&clusters)
                })
                .fold(f64::INFINITY, f64::min);
            assert!((scatter(&found) - least).abs() < 1e-14, "{count}: {found:?}");
        }
    }

    #[test]
    fn equal_values_stay_together_and_need_no_more_clusters_than_values() {
        assert_eq!(interval_clusters(&[1.0, 0.0, 1.0, 1.0], 3), [vec![1], vec![0, 2, 3]]);
        assert_eq!(interval_clusters(&[5.0], 2), [vec![0]]);
    }
}
