//! A drawing on the page, with its title. The page itself and an experiment's own sections show drawings alike.

use maud::{Markup, PreEscaped, html};

use super::plots::Panel;

/// A panel as a figure with a caption.
pub fn panel_markup(panel: &Panel) -> Markup {
    html! {
        figure {
            figcaption { b { (panel.title) } " " span { (panel.subtitle) } }
            (PreEscaped(&panel.svg))
        }
    }
}
