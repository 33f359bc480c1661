//! The pages' door: it says of every rejection what all doors say.

use maud::html;
use page_parts::{Language, rejection};

use super::super::failed;
use super::super::imports::reason;
use super::super::visitor::Visitor;
use super::*;
use crate::problem::Problem;

#[tokio::test]
async fn a_page_says_of_every_rejection_what_all_doors_say() {
    let bank = TestBank::sqlite();
    let app = App::new(settings(&bank, &[]));
    for language in Language::ALL {
        let request = Request::get("/me").header(header::ACCEPT_LANGUAGE, language.tag());
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let visitor = Visitor::of(&app, &parts);
        for rejection in rejection::examples() {
            let words = html! { (rejection::say(language, &rejection)) }.into_string();
            for problem in [Problem::from(rejection.clone()), Problem::unknown(rejection.clone())] {
                let page = Answer::of(failed::page(&visitor, &problem)).await.body;
                assert!(page.contains(&words) && page.contains(&rejection.code()), "{words}: {page}");
            }
            // Of the rows of an import the codes are counted; without what a sentence names it cannot be said.
            let said = reason(language, &rejection.code()).into_string();
            let has_fields = !rejection::fields(&rejection).is_empty();
            assert!(said.contains(&rejection.code()) && said.contains(&words) != has_fields, "{said}");
        }
    }
}
