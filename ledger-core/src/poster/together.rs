//! Decides commands that are posted together or not at all. Each of them is a record of its own, and sees what those before
//! it have changed. If one is refused, the world and the journal are again as they were before the first.

use super::Posted;
use super::batch::{Decided, Group, Journal, RANDOM_BYTES};
use crate::command::{Envelope, Key, content_hash_of};
use crate::effect::Effect;
use crate::fault::Fault;
use crate::proof::Digest;
use crate::proof::record::BatchRow;
use crate::reject::AtomicRejected;
use crate::rule::check_envelope;
use crate::store::pen::Interrupted;

impl Group<'_> {
    /// Decides two commands or more: all or none. Their id, if there is one, is the first envelope's.
    pub(super) async fn together(
        &mut self,
        first: &Envelope,
        envelopes: &[Envelope],
        random: &[u8],
    ) -> Result<Decided, Interrupted> {
        // Nothing but the commands differs from one envelope to the other.
        if let Err(rejection) = check_envelope(first) {
            return Ok(Decided::Together(Err(AtomicRejected { failed: 0, rejection })));
        }
        let id = first.key.as_ref().map(|key| (key, content_hash_of(envelopes)));
        if let Some(outcome) = self.settled(id) {
            return Ok(match outcome {
                Ok(position) => Decided::SettledTogether(position),
                Err(rejected) => Decided::Together(Err(rejected)),
            });
        }
        let outcome = self.all_or_none(id, envelopes, random).await?;
        if let (Some((key, content_hash)), Err(rejected)) = (id, &outcome) {
            self.refuse(key, content_hash, rejected);
        }
        Ok(Decided::Together(outcome))
    }

    async fn all_or_none(
        &mut self,
        id: Option<(&Key, Digest)>,
        envelopes: &[Envelope],
        random: &[u8],
    ) -> Result<Result<Vec<Posted>, AtomicRejected>, Interrupted> {
        let branch = Journal::at(&self.draft.journal.head);
        let before = std::mem::replace(&mut self.draft.journal, branch);
        let mark = self.world.begin_undoable();
        let outcome = self.each(id, envelopes, random).await?;
        let branch = std::mem::replace(&mut self.draft.journal, before);
        if outcome.is_ok() {
            self.draft.journal.append(branch);
            self.world.keep();
        } else {
            self.world.undo(mark);
        }
        Ok(outcome)
    }

    /// Decides one after the other, until one is refused.
    async fn each(
        &mut self,
        id: Option<(&Key, Digest)>,
        envelopes: &[Envelope],
        random: &[u8],
    ) -> Result<Result<Vec<Posted>, AtomicRejected>, Interrupted> {
        let mut posted = Vec::with_capacity(envelopes.len());
        for (index, (envelope, random)) in envelopes.iter().zip(random.chunks_exact(RANDOM_BYTES)).enumerate() {
            let moment = self.moment(random);
            let mut effects = match self.outcome(envelope, &moment).await? {
                Ok(effects) => effects,
                Err(rejection) => return Ok(Err(AtomicRejected { failed: index, rejection })),
            };
            let content_hash = id.filter(|_| index == 0).map(|(_, content_hash)| content_hash);
            if index == 0 {
                let records =
                    i64::try_from(envelopes.len()).map_err(|_| Fault::damaged("more commands than records"))?;
                effects.rows.push(Effect::Batch(BatchRow { records }));
            }
            posted.push(self.record(envelope, effects, content_hash, random, &moment)?);
        }
        Ok(Ok(posted))
    }
}
