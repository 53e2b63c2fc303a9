//! GLUE (Wang et al., 2019) in T5's words. Files, their layout and the words are those of [`crate::glue`].

use crate::{
    Family::{Acceptability, Coreference, Entailment, Paraphrase, Sentiment, Similarity},
    metrics::Metric,
    registry::{Definition, in_glue::glue},
};

pub(super) fn all() -> Vec<Definition> {
    vec![
        glue("cola", Acceptability, "glue/CoLA", "Warstadt et al., 2019, arXiv:1805.12471")
            .sizes(8_551, 1_043)
            .scored_by(&[Metric::Matthews]),
        glue("sst2", Sentiment, "glue/SST-2", "Socher et al., 2013")
            .sizes(67_349, 872)
            .scored_by(&[Metric::Accuracy]),
        glue("mrpc", Paraphrase, "glue/MRPC", "Dolan and Brockett, 2005")
            .sizes(3_668, 408)
            .scored_by(&[Metric::Accuracy, Metric::F1]),
        glue("qqp", Paraphrase, "glue/QQP", "Iyer et al., 2017")
            .sizes(363_846, 40_430)
            .scored_by(&[Metric::Accuracy, Metric::F1]),
        glue("stsb", Similarity, "glue/STS-B", "Cer et al., 2017, arXiv:1708.00055")
            .sizes(5_749, 1_500)
            .scored_by(&[Metric::Spearman, Metric::Pearson]),
        glue("mnli", Entailment, "glue/MNLI", "Williams et al., 2018, arXiv:1704.05426")
            .sizes(392_702, 9_815)
            .scored_by(&[Metric::Accuracy]),
        glue("qnli", Entailment, "glue/QNLI", "Rajpurkar et al., 2016, arXiv:1606.05250")
            .sizes(104_743, 5_463)
            .scored_by(&[Metric::Accuracy]),
        glue("rte", Entailment, "glue/RTE", "Dagan et al., 2005, and its successors")
            .sizes(2_490, 277)
            .scored_by(&[Metric::Accuracy]),
        glue("wnli", Coreference, "glue/WNLI", "Levesque et al., 2012")
            .sizes(635, 71)
            .scored_by(&[Metric::Accuracy]),
    ]
}
