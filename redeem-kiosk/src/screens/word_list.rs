//! Every word of the screens: `PinTitle` is the message `pin-title` of the three files in `locales/`.
//!
//! What ends in `Title` or `Button` has at most 20 characters.

macro_rules! word_list {
    ($($word:ident,)*) => {
        /// A word of the screens.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $(#[allow(missing_docs, reason = "the message says what it is")] $word,)*
        }

        impl Word {
            /// All of them.
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
    // Every screen
    BankName,
    Station,
    StepOf,
    BackButton,
    HomeButton,
    HelpButton,
    ReadAloudButton,
    LanguageLabel,
    TextSizeLabel,
    TextLarge,
    TextLarger,
    TextLargest,
    StatusStarting,
    StatusOnline,
    StatusAway,
    StatusWaiting,
    AgentAway,
    Code,
    Reference,
    EraseButton,
    SubmitButton,
    AgainButton,
    ConfirmLabel,
    Points,
    DigitsTyped,

    // Nobody is there
    WelcomeTitle,
    WelcomeLead,
    BeginButton,
    BeginNote,
    NewsDone,
    NewsRefused,
    NewsReversed,
    NewsHelp,

    // Card, PIN, staff
    CardTitle,
    CardLead,
    PinTitle,
    PinLead,
    PinChecking,
    PinSlow,
    AttendButton,
    AttendTitle,
    AttendLead,
    AttendChecking,
    WorkCardLabel,
    WorkCardButton,

    // What there is
    ShelfTitle,
    ShelfHave,
    ShelfEmpty,
    ShelfPage,
    NextPageButton,
    PreviousPageButton,
    PiecesLeft,
    PlacesLeft,
    MonthlyLimit,
    Soon,
    SoldOut,

    // How many
    HowManyTitle,
    HowManyLead,
    HowManyEach,
    PiecesUnit,

    // Look once more
    CheckTitle,
    CheckWho,
    CardTail,
    CheckWhat,
    CheckPoints,
    PointsBefore,
    PointsAfter,
    ConfirmButton,
    TimesPieces,

    // It is being done
    WorkingTitle,
    WorkingShort,
    WorkingLong,
    WorkingAgain,
    UnconfirmedTitle,
    UnconfirmedLead,
    UnconfirmedNote,
    KeepWaitingButton,

    // It was done
    DoneTitle,
    DoneLead,
    ReceiptNumber,
    ReceiptQr,
    ReceiptQrNote,
    PointsLeft,
    FinishButton,
    MoreButton,
    UndoButton,
    PrintAgainButton,
    PrintPrinting,
    PrintPrinted,
    PrintNoPaper,
    PrintFailed,
    PrintNone,

    // Taken back
    UndoTitle,
    UndoLead,
    UndoYesButton,
    UndoneTitle,
    UndoneLead,
    PointsBack,

    // No
    RefusedTitle,
    NothingDone,
    ChooseAgainButton,
    UnableTitle,
    UnableAway,
    UnableOutbox,
    TryAgainEvery,
    ErrorHeading,
    ErrorCardMistyped,
    ErrorTooShort,
    ErrorUnknownCode,
    ErrorPinWrong,
    ErrorPinWait,
    ErrorCardBlocked,
    ErrorNotStaff,
    ErrorOutOfStock,
    ErrorOverLimit,
    ErrorInsufficient,
    ErrorExpired,
    ErrorPriceChanged,
    ErrorAlreadyReversed,
    ErrorUnknownReceipt,
    ErrorOtherStation,
    ErrorOther,
    ErrorNoAnswer,
    ErrorBusy,
    ErrorBroken,
    ErrorGarbled,

    // Somebody is called
    HelpTitle,
    HelpLead,
    HelpBack,
    StaffButton,

    // Is anybody there?
    IdleTitle,
    IdleLead,
    IdleSeconds,
    StayButton,

    // The device may not ask
    RevokedTitle,
    RevokedLead,

    // Staff
    DeskTitle,
    DeskScan,
    DeskStaff,
    DeskLink,
    DeskOutbox,
    DeskOutboxGood,
    DeskOutboxBroken,
    DeskRevoked,
    DeskKey,
    DeskUnsettled,
    DeskNone,
    DeskLine,
    DeskForeign,
    DeskNews,
    DismissButton,
    FindReceiptButton,
    LookupTitle,
    LookupLead,
    OtherYearButton,
    LookupChecking,
    FoundTitle,
    FoundStanding,
    FoundReversed,
    FoundIsReversal,
    FoundIssued,
    ReverseButton,

    // A page that was not opened by the kiosk's own start
    NoEntryTitle,
    NoEntryLead,
}
