//! The log: JSON, a line each, to standard error. Names, cards, PINs and tokens are in none of them: what is written are
//! notices, which have no place for any.

use tracing_subscriber::EnvFilter;

use crate::app::effect::Notice;
use crate::app::order::reference;
use crate::app::receipt::Doubt;

/// Starts it. Of the libraries only warnings are written: their words might repeat an address that names a card.
pub fn start(level: tracing::level_filters::LevelFilter) {
    let filter = EnvFilter::new(format!("warn,reqwest=off,hyper=off,hyper_util=off,sqlx=off,redeem_kiosk={level}"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
}

pub fn write(notice: &Notice) {
    match notice {
        Notice::HelpWanted(screen) => tracing::warn!(screen, "somebody asks for help"),
        Notice::SessionEnded(why) => tracing::info!(why, "a visit ended"),
        Notice::DeskOpened(actor) => tracing::info!(actor, "staff opened the desk"),
        Notice::ServiceBack => tracing::info!("the service answers"),
        Notice::ServiceAway(trouble) => tracing::warn!(?trouble, "the service does not answer as it should"),
        Notice::DeviceRevoked => tracing::error!("the service does not take this device's credential"),
        Notice::OutboxBroken => tracing::error!("the outbox cannot be written; nothing is redeemed"),
        Notice::OutboxGone => tracing::error!(
            "the outbox's file is gone, or is not as it was left; nothing is redeemed: see KIOSK.md under K51"
        ),
        Notice::OutboxGood => tracing::info!("the outbox can be written again"),
        Notice::OrderSent(id, tries) => tracing::info!(%id, reference = reference(*id), tries, "an order is sent"),
        Notice::OrderUnanswered(id, trouble, tries) => {
            tracing::warn!(%id, reference = reference(*id), ?trouble, tries, "an order has no outcome yet");
        }
        Notice::OrderDoubted(id, Doubt::Key) => tracing::error!(
            %id, reference = reference(*id),
            "a receipt is signed with a key that this kiosk does not know: it is not believed: see KIOSK.md under K26"
        ),
        Notice::OrderDoubted(id, doubt) => {
            tracing::error!(%id, reference = reference(*id), ?doubt, "a receipt does not answer its order: it is not believed");
        }
        Notice::OrderSettled(id, settled) => {
            let (receipt, code) = (&settled.receipt_number, &settled.code);
            tracing::info!(%id, reference = reference(*id), receipt, code, "an order is settled");
        }
        Notice::ForeignOrder(id) => {
            tracing::error!(%id, reference = reference(*id), "an order of another credential: look it up by hand");
        }
        Notice::PrintFailed(receipt) => tracing::warn!(receipt, "a receipt was not printed"),
    }
}
