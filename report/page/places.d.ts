// What each file finds in the function that they are made into.

/** The element that holds the series as JSON. */
declare const source: Element;
/** Where its charts go. */
declare const place: Element | undefined;
