//! Every word of the pages: `LoginTitle` is the message `login-title` of the three files in `locales/`.
//!
//! What ends in `Title`, `Button` or `Link` has at most 20 characters.

macro_rules! word_list {
    ($($word:ident,)*) => {
        /// A word of the pages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $(#[allow(missing_docs, reason = "the message says what it is")] $word,)*
        }

        impl Word {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)*
                }
            }
        }
    };
}

impl Word {
    /// The message's key: the name in small letters, with hyphens between its words.
    pub fn key(self) -> String {
        let mut key = String::new();
        for (index, character) in self.name().chars().enumerate() {
            if character.is_ascii_uppercase() && index > 0 {
                key.push('-');
            }
            key.push(character.to_ascii_lowercase());
        }
        key
    }
}

word_list! {
    // Every page
    BankName,
    DemoBanner,
    SkipLink,
    TextSizeLabel,
    TextLarge,
    TextLarger,
    TextLargest,
    LanguageLabel,
    FooterNote,
    HomeLink,
    ErrorHeading,
    Reference,
    HoursAndMinutes,
    HoursAlone,
    MinutesAlone,
    WaitSeconds,
    WaitMinutes,
    BackToBalanceLink,
    BackToReceiptsLink,
    BackToImportsLink,
    OlderButton,
    NewestButton,

    // The start page
    HomeTitle,
    HomeLead,
    HomePointsButton,
    HomePointsNote,
    HomeVerifyButton,
    HomeVerifyNote,
    HomeHelp,
    StaffLink,
    ApiLink,

    // To log in
    LoginTitle,
    CardNumber,
    LoginCardHint,
    Pin,
    LoginPinHint,
    LoginButton,
    LoginHelp,
    LoginEmpty,
    LoginWrong,
    LoginOver,
    LoginLeft,
    LoginLeftEverywhere,
    LoginNotKept,
    LinkTitle,
    LinkLead,
    LinkUsedTitle,
    LinkUsedText,
    LinkPinButton,
    LogoutButton,
    LogoutEverywhereButton,
    LogoutEverywhereNote,

    // The balance
    MeTitle,
    MeGreeting,
    MeAsOf,
    MeOffline,
    MeBlocked,
    PointsHeading,
    PointsUnit,
    PointsNone,
    PointsExpired,
    ExpiryHeading,
    ExpiryLine,
    ExpirySoon,
    HoursHeading,
    HoursUnit,
    MinutesUnit,
    HoursNote,
    CardLink,
    StatementLink,
    ReceiptsLink,

    // The statement
    StatementTitle,
    StatementEmpty,
    KindAttendance,
    KindRedemption,
    KindReversal,
    KindOther,
    ChangePoints,
    ChangeHours,
    PointsAfter,
    ReceiptOf,
    ReasonCut,
    ReasonTime,
    ReasonPoints,
    ReasonRounded,
    AwardOrganiser,
    AwardServiceDay,
    AwardTheme,
    RedeemedLine,

    // Receipts
    ReceiptsTitle,
    ReceiptsEmpty,
    RedemptionReceiptTitle,
    ReversalReceiptTitle,
    ReceiptKind,
    ReceiptNumber,
    ReceiptIssued,
    ReceiptStation,
    ReceiptItems,
    ReceiptPoints,
    ReceiptSpent,
    ReceiptGivenBack,
    ReceiptLeft,
    StandingGood,
    StandingReversed,
    StandingReversal,
    ReceiptQr,
    ReceiptQrNote,
    ReceiptVerifyButton,

    // The card
    CardTitle,
    CardNote,
    CardActive,
    CardBlocked,
    CardQr,
    CardHolder,

    // Without a network
    OfflineTitle,
    OfflineText,
    OfflineBalanceButton,

    // To check a receipt
    VerifyTitle,
    VerifyLead,
    VerifyField,
    VerifyFieldHint,
    VerifyHereButton,
    VerifyServerButton,
    VerifyServerNote,
    VerifyWorking,
    VerifyGoodHeading,
    VerifyGoodText,
    VerifyLimits,
    VerifyServerGood,
    VerifyBadHeading,
    VerifyTooLong,
    VerifyNotThreeParts,
    VerifyUnknownKey,
    VerifyMalformedSignature,
    VerifyWrongSignature,
    VerifyMalformedPayload,
    VerifyUnableHeading,
    VerifyNoCrypto,
    VerifyNoKeys,

    // Staff
    StaffTitle,
    StaffCredential,
    StaffCredentialHint,
    StaffWrong,
    StaffMayNot,
    ImportsTitle,
    ImportFiles,
    ImportFilesHint,
    ImportButton,
    ImportFilesWrong,
    ImportListHeading,
    ImportListEmpty,
    ImportTitle,
    ImportRows,
    ImportReloads,
    ReloadButton,
    ImportUploaded,
    ImportAccepted,
    ImportRefused,
    ImportHours,
    ImportPoints,
    ImportRefusedHeading,
    ImportReportButton,
    ImportErrorHeading,
    ImportWarningsHeading,
    StateQueued,
    StateChecking,
    StatePosting,
    StateDone,
    StateFailed,

    // What can go wrong
    NotFoundTitle,
    NotFoundText,
    ForbiddenTitle,
    ForbiddenText,
    CrossSiteTitle,
    CrossSiteText,
    TooLargeTitle,
    TooLargeText,
    TooManyTitle,
    BusyTitle,
    BusyText,
    BadRequestTitle,
    BadRequestText,
    BrokenTitle,
    BrokenText,
}
