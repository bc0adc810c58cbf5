package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// naming draws the names that tables, columns and objects of one company have. A pool is "english english|german german";
// a company has a leaning to one language, as companies do, and keeps to none.
type naming struct {
	rng     *rand.Rand
	german  float64
	cryptic float64
	taken   map[string]bool
}

func newNaming(rng *rand.Rand, cryptic bool) *naming {
	n := &naming{rng: rng, german: []float64{.1, .5, .9}[rng.IntN(3)], taken: map[string]bool{}}
	if cryptic {
		n.cryptic = .12
	}
	return n
}

// table draws a name that no other table of the scope has.
func (n *naming) table(scope, purpose string) string {
	return n.unique(scope, func() string { return n.draw(tablePools[purpose], purpose) })
}

// column draws a name that no other column of the table has. Some columns are never cryptic, since without their name a
// careful reader could not tell what they mean either: the two dates of a period, say.
func (n *naming) column(scope string, c *column) string {
	return n.unique(scope, func() string {
		if c.cryptic || (!c.plain && n.rng.Float64() < n.cryptic) {
			return n.meaningless()
		}
		return n.draw(columnPools[c.purpose], c.purpose)
	})
}

func (n *naming) unique(scope string, draw func() string) string {
	for try := 0; ; try++ {
		name := draw()
		if try > 8 {
			name = fmt.Sprintf("%s_%d", name, try)
		}
		if key := scope + "/" + name; !n.taken[key] {
			n.taken[key] = true
			return name
		}
	}
}

func (n *naming) draw(pool, fallback string) string {
	if pool == "" {
		return fallback
	}
	english, german, both := strings.Cut(pool, "|")
	if both && n.rng.Float64() < n.german {
		english = german
	}
	return pick(n.rng, strings.Fields(english))
}

func (n *naming) meaningless() string {
	return fmt.Sprintf(pick(n.rng, []string{"c%d", "fld_%02d", "attr%d", "x%d", "f%03d", "val_%d", "k%d", "sp%02d"}), 1+n.rng.IntN(40))
}

func (n *naming) meaninglessTable(scope string) string {
	return n.unique(scope, func() string {
		return fmt.Sprintf(pick(n.rng, []string{"t_kd%d", "zz%02d", "tbl_%03d", "x_%d", "m%02d_d", "t%d"}), 1+n.rng.IntN(90))
	})
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

var tablePools = map[string]string{
	"users":         "users customers accounts members clients shoppers|kunden benutzer nutzer konten",
	"addresses":     "addresses households postal_addresses homes|adressen anschriften haushalte",
	"deliveries":    "delivery_addresses ship_to drop_points destinations|lieferadressen zustellorte",
	"copy":          "tmp_export_2023 zz_old backup_1 import_stage x_dump old_snapshot|tmp_abzug sicherung_alt umzug_2023",
	"contacts":      "contact_points contact_prefs reachability|kontaktwege erreichbarkeit",
	"orders":        "orders purchases sales_orders|bestellungen auftraege kaeufe",
	"order_items":   "order_items order_lines purchase_lines|positionen bestellpositionen",
	"order_parties": "order_parties order_members buyers_of_order|auftragsparteien besteller",
	"products":      "products articles goods|artikel produkte waren",
	"stock_moves":   "stock_moves inventory_log movements|lagerbewegungen bestandsbuch",
	"tickets":       "tickets cases support_requests|anfragen vorgaenge faelle",
	"comments":      "ticket_comments replies case_entries|antworten kommentare",
	"messages":      "messages direct_messages user_mail|nachrichten privatpost",
	"sessions":      "sessions logins visits|sitzungen anmeldungen",
	"devices":       "devices installs handsets|geraete installationen",
	"email_history": "email_history former_emails address_changes|mail_historie fruehere_mails",
	"mail_log":      "mail_log newsletter_log outbound_mail|versandprotokoll rundbriefe",
	"invoices":      "invoices bills|rechnungen belege",
	"carts":         "carts baskets|warenkoerbe koerbe",
	"hashes":        "audience_export ad_match custom_audience|zielgruppe werbeabgleich",
	"notes":         "notes support_notes remarks|notizen vermerke",
	"notes_fts":     "notes_search notes_fts notes_index|notizsuche vermerksuche",
	"employees":     "employees staff agents|mitarbeiter personal",
	"payments":      "payment_methods cards wallets|zahlungsmittel karten",
	"vouchers":      "vouchers gift_cards|gutscheine",
	"pledges":       "pledges guarantees|buergschaften zusagen",
	"raffle":        "raffle prize_draw|verlosung tombola",
	"lockers":       "lockers pickup_boxes|schliessfaecher packfaecher",
	"people_view":   "v_customers customer_overview|v_kunden kundenliste",
	"countries":     "countries country_codes|laender",
	"rates":         "exchange_rates fx_rates|wechselkurse",
	"flags":         "feature_flags switches|schalter",
	"categories":    "categories product_groups|warengruppen",
	"warehouses":    "warehouses depots|lager",
	"zones":         "shipping_zones zones|versandzonen",
	"jobs":          "job_runs cron_log|laeufe",
	"taxes":         "tax_rates vat_rates|steuersaetze",
	"crm.customers": "customers legacy_customers clients|altkunden stammkunden",
	"crm.orders":    "legacy_orders old_orders order_archive|altauftraege archiv",
	"crm.notes":     "account_notes remarks|aktennotizen bemerkungen",
	"crm.regions":   "regions territories|gebiete",
}

var columnPools = map[string]string{
	"id": "id|id", "user_id": "user_id customer_id account_id member_id usr_ref|kunde_id kunden_id nutzer_id kd_ref",
	"full_name": "full_name name customer_name display_name|name kundenname vollname", "given": "first_name given_name|vorname",
	"surname": "last_name surname family_name|nachname familienname", "email": "email e_mail mail email_address xmail2|mail email mailadresse",
	"email_lower": "email_lower email_norm|mail_klein", "phone": "phone telephone mobile phone_number|telefon tel mobil rufnummer",
	"birth": "birth_date date_of_birth dob|geburtsdatum geb_am", "address_id": "address_id home_id addr_ref|adresse_id anschrift_id",
	"delivery_id": "default_address_id main_delivery_id|standard_lieferadresse lieferort_id", "device": "last_device device_id installation|geraet geraete_id",
	"invited_by": "invited_by referred_by recruiter_id|geworben_von werber_id", "settings": "settings preferences profile|einstellungen profil",
	"created": "created_at created registered_at|angelegt_am erstellt", "street": "street street_line address_line1|strasse anschrift",
	"zip": "zip postcode postal_code|plz", "city": "city town|ort stadt", "country": "country country_code|land",
	"customer_id": "customer_id buyer_id bought_by|kunde_id kaeufer_id", "co_customer_id": "co_customer_id second_buyer_id joint_customer_id|mitkaeufer_id zweitkunde_id",
	"order_id": "order_id purchase_id|auftrag_id bestellung_id", "order_no": "order_no order_number reference_no|bestellnr auftragsnummer",
	"shipping": "shipping ship_info delivery|versand lieferung", "total": "total_cents amount_cents gross|summe_cent betrag",
	"status": "status state|status zustand", "line": "line_no pos|position zeile", "product_id": "product_id article_id|artikel_id produkt_id",
	"qty": "qty quantity|menge anzahl", "price": "price_cents unit_price|preis_cent", "title": "title label|bezeichnung titel",
	"prod": "prod item ref_no|art nr", "at": "at happened_at ts|zeitpunkt am", "agent_id": "assigned_to agent_id handler_id|bearbeiter_id zugewiesen_an",
	"agent_mail": "agent_email handled_by|bearbeiter_mail", "subject": "subject topic|betreff thema", "body": "body content text message|inhalt text nachricht",
	"meta": "meta extra context|zusatz kontext", "ticket_id": "ticket_id case_id|vorgang_id anfrage_id", "parent_id": "parent_id reply_to|antwort_auf eltern_id",
	"author_mail": "author_email written_by|verfasser_mail", "sender_id": "sender_id from_user|absender_id von_nutzer", "recipient_id": "recipient_id to_user|empfaenger_id an_nutzer",
	"ip": "ip ip_address remote_addr|ip_adresse", "agent": "user_agent ua client|programm", "loyalty": "loyalty_no card_no bonus_id|bonusnummer kundenkarte",
	"model": "model hardware|modell", "valid_from": "valid_from|gueltig_ab", "valid_to": "valid_to|gueltig_bis", "from_addr": "from_addr sender mail_from|absender von",
	"to_addr": "recipient to_addr rcpt|empfaenger an", "sent_at": "sent_at|gesendet_am", "campaign": "campaign mailing|kampagne aktion",
	"invoice_no": "invoice_no bill_no|rechnungsnummer", "address": "address billing_address|rechnungsanschrift anschrift", "issued": "issued_on invoice_date|ausgestellt_am rechnungsdatum",
	"items": "items contents|inhalt posten", "hash": "email_sha256 email_hash match_key|mail_hash abgleich", "segment": "segment cohort|segment gruppe",
	"score": "score weight|wert punkte", "manager_id": "manager_id reports_to|vorgesetzter_id leitung_id", "role": "role position|rolle", "card": "card_number pan|kartennummer",
	"expires": "expires valid_thru|gueltig_bis", "legacy": "legacy_no customer_no client_no|kundennummer altnummer", "code": "code|kuerzel", "rate": "rate value|satz kurs",
	"enabled": "enabled active|aktiv", "since": "since customer_since|seit", "region": "region territory|gebiet", "language": "lang language|sprache",
	"tier": "tier level|stufe", "joined": "joined member_since|beitritt", "remark": "remark comment|bemerkung", "week": "week period|woche",
	"stars": "stars rating|sterne",
}
